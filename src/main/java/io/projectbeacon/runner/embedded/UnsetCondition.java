package io.projectbeacon.runner.embedded;

import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Decides {@link ConditionalOnUnset}. */
final class UnsetCondition extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Binder binder = Binder.get(context.getEnvironment());
        String[] names = metadata.getAnnotations().get(ConditionalOnUnset.class).getStringArray("value");
        for (String name : names) {
            List<String> values =
                    binder.bind(name, Bindable.listOf(String.class)).orElse(List.of());
            if (values.stream().anyMatch(value -> !value.isBlank())) {
                return ConditionOutcome.noMatch(
                        ConditionMessage.forCondition(ConditionalOnUnset.class).because(name + " is set"));
            }
        }
        return ConditionOutcome.match();
    }
}
