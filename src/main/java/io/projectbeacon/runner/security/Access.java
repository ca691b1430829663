package io.projectbeacon.runner.security;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.stereotype.Component;

/** Whether a request has to say whose it is: yes, once keys or an issuer of tokens are configured. */
@Component
class Access {

    private final ApiKeys keys;
    private final boolean tokens;

    Access(ApiKeys keys, ObjectProvider<JwtDecoder> decoder) {
        this.keys = keys;
        this.tokens = decoder.getIfAvailable() != null;
    }

    /** Without keys and tokens there is one caller, who may do everything. */
    boolean isOpen() {
        return !keys.areConfigured() && !tokens;
    }

    /** What a request needs, for a line of the log. */
    String summary() {
        return keys.summary() + (tokens ? ", and tokens" : "");
    }
}
