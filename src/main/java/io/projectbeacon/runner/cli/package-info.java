/**
 * The command line: a client of the HTTP API for people and scripts.
 *
 * <p>What always holds here: it knows no other room and starts nothing of the service, so {@code beacon --help} is there at
 * once. Whatever the service says goes through {@link io.projectbeacon.runner.cli.Screen}, which lets no control character
 * through to a terminal; only {@code --json} prints a body as it came.
 */
@NullMarked
package io.projectbeacon.runner.cli;

import org.jspecify.annotations.NullMarked;
