package io.projectbeacon.runner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

/** The rooms of the house, and the one direction in which they may know each other. */
class ArchitectureTest {

    private static final String ROOT = "io.projectbeacon.runner.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.projectbeacon.runner");

    @Test
    void rooms_are_entered_by_their_doors_only_and_know_each_other_without_cycles() {
        ApplicationModules.of(BeaconRunner.class).verify();
    }

    @Test
    void arrows_go_to_the_right_only() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("api")
                .definedBy(ROOT + "api..")
                .layer("jobspec")
                .definedBy(ROOT + "jobspec..")
                .layer("job")
                .definedBy(ROOT + "job..")
                .layer("worker")
                .definedBy(ROOT + "worker..")
                .layer("execution")
                .definedBy(ROOT + "execution..")
                .layer("inference")
                .definedBy(ROOT + "inference..")
                .layer("metrics")
                .definedBy(ROOT + "metrics..")
                .layer("embedded")
                .definedBy(ROOT + "embedded..")
                .whereLayer("api")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("jobspec")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("job")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("worker")
                .mayOnlyBeAccessedByLayers("api", "job")
                .whereLayer("execution")
                .mayOnlyBeAccessedByLayers("api", "job", "worker")
                .whereLayer("inference")
                .mayOnlyBeAccessedByLayers("api", "job", "worker", "execution")
                .whereLayer("metrics")
                .mayNotAccessAnyLayer()
                .whereLayer("embedded")
                .mayNotAccessAnyLayer()
                .whereLayer("inference")
                .mayOnlyAccessLayers("metrics")
                .whereLayer("jobspec")
                .mayNotAccessAnyLayer()
                .check(CLASSES);
    }

    @Test
    void the_jobspec_room_is_pure() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "jobspec..")
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
    }
}
