package io.projectbeacon.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.region.RegionsProperties;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The first table of the configuration page lists the properties that the code binds, with the defaults that the code
 * gives them. The build writes both into the metadata that this test reads. The README stays short, since reference
 * belongs to pages such as this one.
 */
class ConfigurationPageTest {

    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final Path PAGE = Path.of("docs", "configuration.md");
    private static final Path README = Path.of("README.md");
    private static final int WORDS_OF_THE_README = 950;

    /** A map from a region's name to its settings: the metadata does not describe what is in it. */
    private static final String REGIONS = "beacon.regions";

    private static final Pattern CELLS = Pattern.compile("\\s*\\|\\s*");

    /**
     * A property.
     *
     * @param defaultValue as the page writes it: in backticks, or {@code none}
     */
    private record Property(String name, String defaultValue) {}

    @Test
    void the_first_table_has_one_row_for_each_property() throws IOException {
        assertThat(documented())
                .extracting(Property::name)
                .containsExactlyInAnyOrderElementsOf(
                        bound().stream().map(Property::name).toList());
    }

    @Test
    void each_row_gives_the_default_of_the_code() throws IOException {
        assertThat(documented()).containsExactlyInAnyOrderElementsOf(bound());
    }

    @Test
    void the_readme_has_at_most_950_words() throws IOException {
        assertThat(Files.readString(README).strip().split("\\s+")).hasSizeLessThanOrEqualTo(WORDS_OF_THE_README);
    }

    private static List<Property> documented() throws IOException {
        return Files.readString(PAGE)
                .lines()
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                // The head of the table, and the line below it.
                .skip(2)
                .map(row -> CELLS.split(row))
                .map(cells -> new Property(cells[1], cells[2]))
                .toList();
    }

    private static List<Property> bound() throws IOException {
        try (InputStream metadata = new ClassPathResource(METADATA).getInputStream()) {
            return JsonMapper.shared()
                    .readTree(metadata)
                    .path("properties")
                    .valueStream()
                    // An endpoint of the service's own has the settings that Spring Boot gives each of them.
                    .filter(property -> !property.path("name").asString().startsWith("management."))
                    .flatMap(ConfigurationPageTest::rowsOf)
                    .toList();
        }
    }

    private static Stream<Property> rowsOf(JsonNode property) {
        String name = property.path("name").asString();
        if (name.equals(REGIONS)) {
            return fieldsOfARegion();
        }
        JsonNode value = property.path("defaultValue");
        return Stream.of(property(name, value.isValueNode() ? value.asString() : null));
    }

    /** From the record's constructor, since it is the parameters that carry the defaults. */
    private static Stream<Property> fieldsOfARegion() {
        Constructor<?> canonical = RegionsProperties.Region.class.getDeclaredConstructors()[0];
        return Stream.of(canonical.getParameters()).map(field -> {
            DefaultValue value = field.getAnnotation(DefaultValue.class);
            return property(
                    REGIONS + ".<name>." + DataObjectPropertyName.toDashedForm(field.getName()),
                    value == null || value.value().length != 1 ? null : value.value()[0]);
        });
    }

    private static Property property(String name, @Nullable String defaultValue) {
        return new Property("`" + name + "`", defaultValue == null ? "none" : "`" + defaultValue + "`");
    }
}
