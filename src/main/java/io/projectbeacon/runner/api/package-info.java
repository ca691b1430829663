/**
 * HTTP in and out: reads a request, hands it to the room that does the work, and writes its answer or one problem
 * document.
 *
 * <p>What always holds here: this room decides nothing about a job or a cell, and a refused request has changed
 * nothing.
 */
@NullMarked
package io.projectbeacon.runner.api;

import org.jspecify.annotations.NullMarked;
