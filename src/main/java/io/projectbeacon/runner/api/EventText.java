package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.job.CellChange;
import io.projectbeacon.runner.job.JobMoment;
import io.projectbeacon.runner.job.JobView;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Events as the text that an {@code EventSource} reads. */
@Component
class EventText {

    private static final byte[] END = "\n\n".getBytes(UTF_8);

    private final JsonMapper json;

    EventText(JsonMapper json) {
        this.json = json;
    }

    byte[] comment() {
        return ": \n\n".getBytes(UTF_8);
    }

    byte[] snapshot(JobView job, JobMoment moment) {
        return job("snapshot", job, moment);
    }

    byte[] done(JobView job, JobMoment moment) {
        return job("done", job, moment);
    }

    /**
     * The changes of one look. Only with the last of them has a listener seen what the look saw: a listener that loses its
     * connection before that is to get all of them again.
     */
    byte[] cells(List<CellChange> cells, JobMoment before, JobMoment after) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int n = 0; n < cells.size(); n++) {
            write(text, "cell", json.writeValueAsBytes(cells.get(n)), n < cells.size() - 1 ? before : after);
        }
        return text.toByteArray();
    }

    private byte[] job(String event, JobView job, JobMoment moment) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        write(text, event, json.writeValueAsBytes(job), moment);
        return text.toByteArray();
    }

    private static void write(ByteArrayOutputStream text, String event, byte[] data, JobMoment moment) {
        text.writeBytes(
                "event: %s\nid: %s\ndata: ".formatted(event, moment.text()).getBytes(UTF_8));
        // Of JSON, as a client may have sent it, an end of line is a blank like others. Here it would end the data.
        for (int at = 0; at < data.length; at++) {
            if (data[at] == '\n' || data[at] == '\r') {
                data[at] = ' ';
            }
        }
        text.writeBytes(data);
        text.writeBytes(END);
    }
}
