package io.projectbeacon.runner.support;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.domain.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** A whole runner in this JVM, on the shared test servers, looked at from outside: by HTTP and by SQL. */
public final class RunnerApp extends RunnerClient implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    private RunnerApp(ConfigurableApplicationContext context, String... headers) {
        super("http://localhost:" + context.getEnvironment().getProperty("local.server.port"), headers);
        this.context = context;
    }

    /** Starts a runner on a database and a Redis, with further properties as {@code --name=value}. */
    public static RunnerApp start(String databaseUrl, String redisUrl, List<String> properties) {
        List<String> all = new ArrayList<>(List.of("--spring.data.redis.url=" + redisUrl));
        all.addAll(properties);
        return start(databaseUrl, all);
    }

    /** As above, with a Redis that the properties name, such as by its sentinels. */
    public static RunnerApp start(String databaseUrl, List<String> properties) {
        return start(databaseUrl, properties, BeaconRunner.class);
    }

    /** Starts a runner with keys for several callers; without a name, its user is the default one, who may do everything. */
    public static RunnerApp withCallers(String databaseUrl, String redisUrl, List<String> properties) {
        List<String> all = new ArrayList<>(List.of("--spring.data.redis.url=" + redisUrl));
        all.addAll(CallerKeys.properties());
        all.addAll(properties);
        return new RunnerApp(context(databaseUrl, all, BeaconRunner.class), CallerKeys.headerOfDefault());
    }

    private static RunnerApp start(String databaseUrl, List<String> properties, Class<?>... sources) {
        return new RunnerApp(context(databaseUrl, properties, sources));
    }

    private static ConfigurableApplicationContext context(
            String databaseUrl, List<String> properties, Class<?>... sources) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.datasource.url=" + databaseUrl,
                "--server.port=0",
                "--beacon.worker.poll-interval=200ms",
                "--beacon.inference.backoff.initial=20ms",
                // A test that fails while calls are held must not wait for them at its end.
                "--beacon.worker.shutdown-timeout=30s",
                "--logging.level.root=warn"));
        // A property that is given twice would have both values, joined by a comma.
        arguments.removeIf(
                preset -> properties.stream().anyMatch(given -> name(given).equals(name(preset))));
        arguments.addAll(properties);
        return new SpringApplicationBuilder(sources).run(arguments.toArray(String[]::new));
    }

    private static String name(String argument) {
        return argument.substring(0, argument.indexOf('='));
    }

    /** Starts a runner on a fresh database and Redis. */
    public static RunnerApp fresh(String... properties) {
        return start(TestServers.newDatabase(), TestServers.newRedisUrl(), List.of(properties));
    }

    /** As above, with one more bean. */
    public static RunnerApp freshWith(Class<?> bean, String... properties) {
        List<String> all = new ArrayList<>(List.of("--spring.data.redis.url=" + TestServers.newRedisUrl()));
        all.addAll(List.of(properties));
        return start(TestServers.newDatabase(), all, BeaconRunner.class, bean);
    }

    /** The properties that send the calls for these regions to a fake provider. */
    public static List<String> calling(FakeProvider provider, String... regions) {
        List<String> properties = new ArrayList<>();
        properties.add("--beacon.inference.provider=openai");
        for (String region : regions) {
            properties.add("--beacon.regions." + region + ".base-url=" + provider.baseUrl(region));
        }
        return properties;
    }

    /** The runner as a caller sees it. */
    public RunnerClient as(String caller, Role role) {
        return new RunnerClient(base(), keyOf(caller, role));
    }

    /** The header of a caller in a role, as name and value. */
    public static String[] keyOf(String caller, Role role) {
        return CallerKeys.header(caller, role);
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /** Each route of the API that names its methods, as {@code GET /a/{id}}: those that come later, too. */
    public Set<String> routes() {
        return routes(handler -> !isPage(handler));
    }

    /** The same of the pages. */
    public Set<String> pages() {
        return routes(RunnerApp::isPage);
    }

    private static boolean isPage(HandlerMethod handler) {
        return handler.getBeanType().getPackageName().endsWith(".ui");
    }

    private Set<String> routes(Predicate<HandlerMethod> wanted) {
        Set<String> routes = new TreeSet<>();
        List<RequestMappingInfo> all = bean(DispatcherServlet.class).getHandlerMappings().stream()
                .filter(RequestMappingHandlerMapping.class::isInstance)
                .flatMap(mapping -> ((RequestMappingHandlerMapping) mapping).getHandlerMethods().entrySet().stream())
                .filter(route -> wanted.test(route.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        for (RequestMappingInfo route : all) {
            for (String path : route.getPatternValues()) {
                route.getMethodsCondition().getMethods().forEach(method -> routes.add(method + " " + path));
            }
        }
        return routes;
    }

    public JdbcClient jdbc() {
        return context.getBean(JdbcClient.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
