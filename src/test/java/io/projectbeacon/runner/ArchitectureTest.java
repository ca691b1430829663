package io.projectbeacon.runner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

/** The rooms of the service, and the calls between them. Imports follow calls. */
class ArchitectureTest {

    /**
     * Each room, and the rooms that it calls. All arrows go down: a higher room decides more. An arrow that is not here
     * must not be in the code, and an arrow that is here must be used.
     */
    private static final String PICTURE = """
            ui         ->  arrival  execution  intake  job  jobspec  ledger  region  security  worker   the pages
            api        ->  arrival  execution  intake  job  jobspec  ledger  region  security   HTTP in and out
            intake     ->  arrival  job  jobspec  region  security  signing    what a request is about, and its JobSpec
            worker     ->  execution  inference  job  region  embedded   pick, lock, run, heartbeat, take over, stop
            execution  ->  inference  job  ledger  region              claim, attempt, completion of one cell
            inference  ->  region                                      one exchange with a provider
            job        ->  ledger  jobspec                             the table jobs
            security   ->  arrival                                     who calls, and what that caller may do
            arrival    ->                                              what a request holds: memory, a connection, time
            signing    ->                                              who has signed a JobSpec
            demo       ->  embedded                                    a runner killed in the middle of its calls
            ledger     ->                                              every duplicate; the audit
            region     ->                                              what a region takes now
            jobspec    ->                                              read, validate, normalise; pure
            embedded   ->                                              PostgreSQL and Redis for a first run
            cli        ->                                              the command line, a client of the HTTP API
            """;

    /** The ground, which is not drawn above: open to all rooms but those in {@link #CLOSED}. */
    private static final String GROUND = """
            database   ->  domain logs
            metrics    ->  domain
            logs       ->  domain
            redis      ->
            domain     ->
            """;

    /** The rooms to which a part of the ground is closed. */
    private static final Map<String, Set<String>> CLOSED = Map.of(
            "embedded",
            Set.of("database", "metrics", "logs", "redis", "domain"),
            "cli",
            Set.of("database", "metrics", "logs", "redis", "domain"),
            "demo",
            Set.of("database", "metrics", "logs", "redis", "domain"),
            "jobspec",
            Set.of("database", "metrics", "logs", "redis"));

    private static final String ROOT = "io.projectbeacon.runner.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.projectbeacon.runner");

    private static final Pattern LINE = Pattern.compile("(?m)^(\\w+) +->((?:  ?\\w+)*)");

    @Test
    void rooms_are_entered_by_their_doors_only_and_know_each_other_without_cycles() {
        ApplicationModules.of(BeaconRunner.class).verify();
    }

    @Test
    void the_arrows_of_the_code_are_those_of_the_picture() {
        Map<String, Set<String>> between = arrows();
        between.keySet().removeAll(rooms(GROUND).keySet());
        between.values().forEach(called -> called.removeAll(rooms(GROUND).keySet()));
        assertThat(between).isEqualTo(rooms(PICTURE));
    }

    @Test
    void the_ground_calls_no_room_and_is_open_to_those_that_it_is_open_to() {
        Map<String, Set<String>> arrows = arrows();
        rooms(GROUND).forEach((room, called) -> assertThat(arrows.get(room)).isEqualTo(called));
        CLOSED.forEach((room, closed) -> assertThat(arrows.get(room)).as(room).doesNotContainAnyElementsOf(closed));
    }

    @Test
    void all_arrows_of_the_picture_go_down() {
        List<String> above = new ArrayList<>();
        rooms(PICTURE, new java.util.LinkedHashMap<>()).forEach((room, called) -> {
            above.add(room);
            assertThat(called).as(room).doesNotContainAnyElementsOf(above);
        });
    }

    @Test
    void no_interface_stands_for_the_direction_of_an_arrow_but_the_one_by_which_a_cell_asks_its_run() {
        assertThat(CLASSES.stream()
                        .filter(type -> type.isInterface() && !type.isAnnotation() && type.isTopLevelClass())
                        .filter(type -> !type.getAllSubclasses().isEmpty())
                        .filter(type -> type.getAllSubclasses().stream()
                                .noneMatch(
                                        implementation -> room(implementation).equals(room(type))))
                        .map(type -> room(type) + "." + type.getSimpleName()))
                .containsExactly("execution.RunHandle");
    }

    @Test
    void the_doors_of_the_execution_room_are_the_cells_way_and_its_reader() {
        assertThat(CLASSES.stream()
                        .filter(type -> room(type).equals("execution") && type.isTopLevelClass())
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .map(JavaClass::getSimpleName))
                .containsExactlyInAnyOrder(
                        "CellRunner",
                        "CellOutcome",
                        "RunHandle",
                        "ReadyCell",
                        "ExecutionReader",
                        "ExecutionView",
                        "MatrixReader",
                        "RunnersReader");
    }

    @Test
    void the_jobspec_room_is_pure() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + "jobspec..", ROOT + "domain..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "java.sql..", "javax.sql..", "java.io..", "org.slf4j..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.time.Clock.class)
                .because("what a JobSpec means must not depend on anything but the JobSpec")
                .check(CLASSES);
    }

    @Test
    void every_room_says_that_nothing_is_null_unless_it_says_so() {
        classes()
                .that()
                .haveSimpleName("package-info")
                .should()
                .beAnnotatedWith(NullMarked.class)
                .check(CLASSES);
        assertThat(CLASSES.stream()
                        .filter(type -> type.getSimpleName().equals("package-info"))
                        .map(ArchitectureTest::room))
                .containsAll(arrows().keySet());
    }

    /** Each room, and the others that it imports. */
    private static Map<String, Set<String>> arrows() {
        Map<String, Set<String>> arrows = new TreeMap<>();
        for (JavaClass type : CLASSES) {
            if (!room(type).isEmpty()) {
                Set<String> called = arrows.computeIfAbsent(room(type), room -> new TreeSet<>());
                type.getDirectDependenciesFromSelf().stream()
                        .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                        .filter(target -> target.getPackageName().startsWith(ROOT))
                        .map(ArchitectureTest::room)
                        .filter(room -> !room.equals(room(type)))
                        .forEach(called::add);
            }
        }
        return arrows;
    }

    private static String room(JavaClass type) {
        return type.getPackageName().startsWith(ROOT) ? type.getPackageName().substring(ROOT.length()) : "";
    }

    private static Map<String, Set<String>> rooms(String picture) {
        return rooms(picture, new TreeMap<>());
    }

    private static Map<String, Set<String>> rooms(String picture, Map<String, Set<String>> into) {
        for (MatchResult line : LINE.matcher(picture).results().toList()) {
            into.put(
                    line.group(1),
                    Pattern.compile("\\w+")
                            .matcher(line.group(2))
                            .results()
                            .map(MatchResult::group)
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        return into;
    }
}
