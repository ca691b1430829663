package io.projectbeacon.runner.chaos;

/** A region × model of a job. */
record CellName(String job, String region, String model) {

    @Override
    public String toString() {
        return job + "/" + region + "/" + model;
    }
}
