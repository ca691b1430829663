/**
 * What a request may hold before it is whole and until it is answered: bytes of memory, a connection, and time.
 *
 * <p>What always holds here: memory is reserved before it is taken, and given back when the request has been answered; a
 * connection that only waits for bytes makes room for one that sends them.
 */
@NullMarked
package io.projectbeacon.runner.arrival;

import org.jspecify.annotations.NullMarked;
