/**
 * The words of the house: what every room means by a cell, a run, a status, a layer.
 *
 * <p>What always holds here: values, and what follows from them alone; no Spring, no SQL, no clock, and no other room.
 */
@NullMarked
package io.projectbeacon.runner.domain;

import org.jspecify.annotations.NullMarked;
