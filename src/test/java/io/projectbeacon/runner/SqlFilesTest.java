package io.projectbeacon.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.projectbeacon.runner.database.BatchStatement;
import io.projectbeacon.runner.support.Database;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Writes each statement of the service, as it is sent, to {@code target/sql/<room>.<Class>.<CONSTANT>.sql}, to be
 * searched and to be pasted into psql: the lines before the statement set its parameters to a value of the right type.
 */
class SqlFilesTest {

    private static final Path DIRECTORY = Path.of("target", "sql");
    private static final Pattern STATEMENT =
            Pattern.compile("\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\b.*", Pattern.DOTALL);
    private static final Pattern PARAMETER = Pattern.compile("(?<![:0-9]):([a-zA-Z]+)");

    /** The parameters that are not a number, by their type. */
    private static final Map<String, Set<String>> TYPES = Map.of(
            "bigint[]",
            Set.of("jobs", "fences", "executions", "runJobs", "runFences", "ids", "timeouts", "floors"),
            "integer[]",
            Set.of(
                    "attempts",
                    "counts",
                    "priorities",
                    "https",
                    "keysGivenUp",
                    "counted",
                    "repeats",
                    "stored",
                    "answered"),
            "text[]",
            Set.of(
                    "regions",
                    "models",
                    "statuses",
                    "waitedFor",
                    "outcomes",
                    "answers",
                    "codes",
                    "messages",
                    "errorAnswers",
                    "flags",
                    "layers",
                    "jobspecIds",
                    "keys",
                    "keySeeds",
                    "onUnknown",
                    "specs",
                    "contents",
                    "warnings",
                    "signers",
                    "nonces",
                    "claims",
                    "events",
                    "snapshots",
                    "full",
                    "closed",
                    "callers",
                    "sated"),
            "double precision[]",
            Set.of("had"),
            "numeric[]",
            Set.of("rates"),
            "boolean[]",
            Set.of("retryables", "paids", "keysOfBatch"),
            "text",
            Set.of(
                    "runner",
                    "provider",
                    "id",
                    "key",
                    "signer",
                    "nonce",
                    "code",
                    "message",
                    "status",
                    "region",
                    "model",
                    "server",
                    "number",
                    "caller",
                    "cause",
                    "token",
                    "from",
                    "to"),
            "boolean",
            Set.of("withTokens", "hold", "deadline", "includeUnknown", "newKeys", "aside", "withPlace", "ofBatch"),
            "bytea",
            Set.of("digest"),
            "uuid",
            Set.of("claim", "event"));

    /** The parameters whose name has another type elsewhere. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "NewJobs.INSERT :cells", "integer[]",
            "DuplicateLedger.RECORD_INPUT :occurrences", "bigint[]",
            "AttemptWriter.KEEP_ANSWERS :answers", "text",
            "AttemptWriter.KEEP_ANSWERS :stored", "bigint",
            "AttemptWriter.KEEP_ANSWERS :answered", "bigint",
            "ConfirmedTransaction.STATUS :number", "text",
            "QueueLook.FOR_TRIAL :region", "text[]");

    private final Map<String, String> statements = statements();

    @Test
    void each_statement_is_written_to_a_file_of_its_own_and_postgresql_can_plan_it() throws IOException, SQLException {
        Files.createDirectories(DIRECTORY);
        try (Database database = Database.fresh();
                Connection connection = database.pool(1).getConnection();
                Statement psql = connection.createStatement()) {
            for (Map.Entry<String, String> statement : statements.entrySet()) {
                String sql =
                        statement.getValue().replace("{where}", "WHERE true").strip();
                Map<String, String> values = values(statement.getKey(), sql);
                Files.writeString(DIRECTORY.resolve(statement.getKey() + ".sql"), file(sql, values));
                assertPlanned(psql, statement.getKey(), inserted(sql, values));
            }
        }
        assertThat(statements).hasSizeGreaterThan(40);
    }

    @Test
    void no_statement_is_left_out_because_it_stands_in_a_call() throws IOException {
        try (var sources = Files.walk(Path.of("src", "main", "java"))) {
            assertThat(sources.filter(Files::isRegularFile).filter(SqlFilesTest::hasStatementInCall))
                    .isEmpty();
        }
    }

    private static boolean hasStatementInCall(Path source) {
        try {
            return Files.readString(source).contains(".sql(\"");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void assertPlanned(Statement psql, String name, String sql) {
        try {
            psql.execute("EXPLAIN " + sql);
        } catch (SQLException refused) {
            throw new AssertionError(name + ": " + refused.getMessage() + "\n" + sql, refused);
        }
    }

    private static String file(String sql, Map<String, String> values) {
        return values.entrySet().stream()
                        .map(value -> "\\set " + value.getKey() + " '"
                                + value.getValue().replace("'", "''") + "'\n")
                        .collect(Collectors.joining())
                + sql + ";\n";
    }

    private static String inserted(String sql, Map<String, String> values) {
        return PARAMETER.matcher(sql).replaceAll(parameter -> values.get(parameter.group(1)));
    }

    /** A value for each parameter of the statement. */
    private static Map<String, String> values(String statement, String sql) {
        String owner = statement.substring(statement.indexOf('.') + 1);
        Map<String, String> values = new TreeMap<>();
        for (String parameter : PARAMETER
                .matcher(sql)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new))) {
            values.put(parameter, value(type(owner, parameter)));
        }
        return values;
    }

    private static String type(String owner, String parameter) {
        String exception = EXCEPTIONS.get(owner + " :" + parameter);
        return exception != null
                ? exception
                : TYPES.entrySet().stream()
                        .filter(type -> type.getValue().contains(parameter))
                        .map(Map.Entry::getKey)
                        .findAny()
                        .orElse("bigint");
    }

    private static String value(String type) {
        return switch (type) {
            case "bigint" -> "1";
            case "boolean" -> "false";
            case "text" -> "'1'::text";
            case "uuid" -> "'00000000-0000-0000-0000-000000000001'::uuid";
            default -> "'{}'::" + type;
        };
    }

    /** Each constant that holds a statement, by room, class and name. */
    private static Map<String, String> statements() {
        Map<String, String> statements = new TreeMap<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.projectbeacon.runner")) {
            for (Field constant : type.reflect().getDeclaredFields()) {
                if (Modifier.isStatic(constant.getModifiers())) {
                    String name = type.getPackageName().replaceFirst(".*\\.", "") + "." + type.getSimpleName() + "."
                            + constant.getName();
                    Object value = value(constant);
                    if (value instanceof BatchStatement forms) {
                        statements.put(name + ".together", forms.together());
                        statements.put(name + ".togetherForOne", forms.togetherForOne());
                        statements.put(name + ".alone", forms.alone());
                    } else if (value instanceof String sql
                            && STATEMENT.matcher(sql).matches()) {
                        statements.put(name, sql);
                    }
                }
            }
        }
        return statements;
    }

    private static Object value(Field constant) {
        try {
            constant.setAccessible(true);
            return constant.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
