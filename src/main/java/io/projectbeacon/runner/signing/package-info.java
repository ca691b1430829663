/**
 * Who has signed a JobSpec: its canonical form, its signature, the keys that are trusted, its time and its nonce.
 *
 * <p>What always holds here: a JobSpec is taken for signed only when a key that is trusted at this moment, for this caller,
 * has signed each field of it but its name; what cannot be decided is refused. Nothing here touches the database: that a
 * nonce is used once is the business of the room {@code job}, which stores it together with its job.
 */
@NullMarked
package io.projectbeacon.runner.signing;

import org.jspecify.annotations.NullMarked;
