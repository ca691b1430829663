package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class SendOnceBodyTest {

    private boolean mayBegin = true;
    private final SendOnceBody body = new SendOnceBody("paid".getBytes(), () -> mayBegin);

    /** Subscribes, as each try of the JDK's client does, and returns what the subscriber is given. */
    private CompletableFuture<String> ask() {
        BodySubscriber<String> given = BodySubscribers.ofString(java.nio.charset.StandardCharsets.UTF_8);
        body.subscribe(new Flow.Subscriber<ByteBuffer>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                given.onSubscribe(subscription);
            }

            @Override
            public void onNext(ByteBuffer item) {
                given.onNext(List.of(item));
            }

            @Override
            public void onError(Throwable error) {
                given.onError(error);
            }

            @Override
            public void onComplete() {
                given.onComplete();
            }
        });
        return given.getBody().toCompletableFuture();
    }

    @Test
    void theBodyIsGivenOutOnce() {
        assertThat(ask()).isCompletedWithValue("paid");
        assertThatThrownBy(ask()::join).hasMessageContaining("once only");
        assertThat(body.withdraw()).isFalse();
    }

    @Test
    void aBodyThatWasWithdrawnIsNeverGivenOut() {
        assertThat(body.withdraw()).isTrue();
        assertThatThrownBy(ask()::join).hasMessageContaining("once only");
        assertThat(body.withdraw()).isTrue();
    }

    @Test
    void aBodyIsNotGivenOutInTheMomentInWhichNoCallMayBegin() {
        mayBegin = false;
        assertThatThrownBy(ask()::join).hasRootCauseInstanceOf(SendOnceBody.PausedException.class);
        mayBegin = true;
        assertThatThrownBy(ask()::join).hasMessageContaining("once only");
        assertThat(body.withdraw()).isTrue();
    }

    @Test
    void theLengthIsThatOfTheBody() {
        assertThat(body.contentLength()).isEqualTo(4);
    }
}
