package io.projectbeacon.runner.api;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.ser.std.ToStringSerializer;

/** Shows the settings in effect, defaults included, in {@code /actuator/info}. Secrets are masked. */
@Component
class SettingsInfo implements InfoContributor {

    private static final String MASK = "****";
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(key|secret|token|password|credential)s?|beacon\\.regions\\..*\\.headers\\..*");
    /** The secrets of a URL: user and password before the host, and a password among the parameters. */
    private static final Pattern SECRET_IN_URL =
            Pattern.compile("(?<=//)[^/@]*(?=@)|(?<=[?&;](?:password|sslpassword)=)[^&;]*", Pattern.CASE_INSENSITIVE);

    private static final Pattern QUERY = Pattern.compile("(?<=\\?).*", Pattern.DOTALL);

    private static final JsonMapper KEBAB_CASE = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
            .addModule(new SimpleModule().addSerializer(DataSize.class, ToStringSerializer.instance))
            .build();

    private final ApplicationContext context;
    private final Environment environment;

    SettingsInfo(ApplicationContext context, Environment environment) {
        this.context = context;
        this.environment = environment;
    }

    @Override
    public void contribute(Info.Builder builder) {
        Map<String, Object> settings = new TreeMap<>();
        context.getBeansWithAnnotation(ConfigurationProperties.class).values().forEach(bean -> add(settings, bean));
        for (String url : new String[] {"spring.datasource.url", "spring.data.redis.url"}) {
            String value = environment.getProperty(url);
            if (value != null) {
                settings.put(url, SECRET_IN_URL.matcher(value).replaceAll(MASK));
            }
        }
        builder.withDetail("settings", settings);
    }

    private static void add(Map<String, Object> settings, Object bean) {
        ConfigurationProperties properties =
                AnnotationUtils.findAnnotation(bean.getClass(), ConfigurationProperties.class);
        if (properties != null && properties.value().startsWith("beacon")) {
            flatten(properties.value(), KEBAB_CASE.valueToTree(bean), settings);
        }
    }

    /** Names each setting as it stands in the configuration, such as {@code beacon.lock.ttl}. */
    private static void flatten(String name, JsonNode value, Map<String, Object> settings) {
        if (value instanceof ObjectNode object) {
            object.properties().forEach(field -> flatten(name + "." + field.getKey(), field.getValue(), settings));
        } else if (!value.isNull()) {
            settings.put(name, masked(name, value));
        }
    }

    private static Object masked(String name, JsonNode value) {
        if (!value.isString() && !value.isArray()) {
            return value;
        }
        if (SECRET_NAME.matcher(name).matches()) {
            return MASK;
        }
        // Some providers want their key in the query.
        return name.endsWith(".base-url") ? QUERY.matcher(value.stringValue()).replaceAll(MASK) : value;
    }
}
