package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The bad documents that are JSON and break a rule. */
final class InvalidDocuments {

    private final List<BadJobSpecs.BadJobSpec> all = new ArrayList<>();

    private InvalidDocuments() {}

    static List<BadJobSpecs.BadJobSpec> all() {
        InvalidDocuments table = new InvalidDocuments();
        table.documents();
        table.models();
        table.regions();
        table.cells();
        table.asked();
        table.constraints();
        table.numbers();
        table.types();
        table.surrogates();
        table.messages();
        table.parameters();
        table.refused();
        table.unread();
        table.around();
        return table.all;
    }

    private void documents() {
        invalid("an array", "[]", "must be an object, not an array", "");
        invalid("a string", "'spec'", "must be an object, not \"spec\"", "");
        invalid("null", "null", "must be an object, not null", "");
        invalid("an empty object", "{}", "models", "/models", "/regions");
        invalid("a portal document without a JobSpec", "{'jobspec':null}", "must be an object", "/jobspec");
        invalid("a portal document with a text", "{'jobspec':'x','target_regions':['US']}", "an object", "/jobspec");
        invalid("an empty portal document", "{'jobspec':{}}", "is missing", "/jobspec/models", "/jobspec/regions");
        invalid(
                "a fault inside a portal document",
                "{'jobspec':{'models':[7],'regions':['US']}}",
                "7",
                "/jobspec/models/0");
        invalid(
                "an unknown target region",
                "{'jobspec':{'models':['a']},'target_regions':['US','mars']}",
                "mars",
                "/target_regions/1");
        invalid(
                "target regions of another type",
                "{'jobspec':{'models':['a']},'target_regions':'US'}",
                "an array",
                "/target_regions");
        invalid(
                "all at once",
                "{'id':'-','models':[''],'regions':['mars'],'priority':101,'questions':[],'constraints':{'timeout':0}}",
                "must match",
                "/id",
                "/questions",
                "/priority",
                "/constraints/timeout",
                "/models/0",
                "/regions/0");
    }

    private void models() {
        inRegion("models that are a string", "'models':'a'", "must be an array", "/models");
        inRegion("no models in the array", "'models':[]", "at least one", "/models");
        inRegion(
                "no models in the array, some in metadata",
                "'models':[],'metadata':{'models':['a']}",
                "at least one",
                "/models");
        inRegion("null models", "'models':null", "is missing", "/models");
        inRegion("a number among models", "'models':['a',7]", "not 7", "/models/1");
        inRegion("null among models", "'models':[null]", "not null", "/models/0");
        inRegion("an array among models", "'models':[['a']]", "not an array", "/models/0");
        inRegion("a model without id", "'models':[{'name':'A'}]", "is missing", "/models/0/id");
        inRegion("a model with a null id", "'models':[{'id':null}]", "is missing", "/models/0/id");
        inRegion("a model with a number as id", "'models':[{'id':1}]", "must be a string, not 1", "/models/0/id");
        inRegion("an empty model id", "'models':['']", "must not be blank", "/models/0");
        inRegion("a blank model id", "'models':[{'id':' \\u2003\\t'}]", "must not be blank", "/models/0/id");
        inRegion("a model id of 257 characters", "'models':['" + "é".repeat(257) + "']", "at most 256", "/models/0");
        inRegion("a control character in a model id", "'models':['a\\u0007b']", "\"a\\u0007b\"", "/models/0");
        inRegion("a mark of direction in a model id", "'models':['a\\u202eb']", "\"a\\u202eb\"", "/models/0");
        inRegion("a space of no width in a model id", "'models':[{'id':'a\\u200bb'}]", "\\u200b", "/models/0/id");
        inRegion("a separator of lines in a model id", "'models':['a\\u2028b']", "\\u2028", "/models/0");
        inRegion("a separator of paragraphs in a model id", "'models':['b','a\\u2029b']", "\\u2029", "/models/1");
        inRegion("a tag that does not show in a model id", "'models':['a\\udb40\\udc41']", "\\ue0041", "/models/0");
        inRegion("a model id that is a step in a path", "'models':['..']", "\"..\"", "/models/0");
        inRegion("empty metadata.models", "'metadata':{'models':[]}", "at least one", "/metadata/models");
        inRegion(
                "a bad entry in metadata.models", "'metadata':{'models':['a',{}]}", "missing", "/metadata/models/1/id");
        inRegion("metadata.models of another type", "'metadata':{'models':'a'}", "an array", "/metadata/models");
        inRegion(
                "unused metadata.models of another type",
                "'models':['a'],'metadata':{'models':7}",
                "an array",
                "/metadata/models");
        inRegion("metadata of another type", "'models':['a'],'metadata':[]", "must be an object", "/metadata");
        inRegion(
                "too many models",
                "'models':" + numbered("m", 1_001),
                "1001 different models; at most 1000",
                "/models");
    }

    private void regions() {
        ofModel("no regions", "'version':'1'", "is missing", "/regions");
        ofModel("null regions", "'regions':null", "is missing", "/regions");
        ofModel("regions that are a string", "'regions':'US'", "must be an array", "/regions");
        ofModel("no regions in the array", "'regions':[]", "at least one", "/regions");
        ofModel(
                "an unknown region", "'regions':['US','us-central']",
                "\"us-central\" is not a known region; known are us-east, us-west, eu-west, asia-pacific",
                        "/regions/1");
        ofModel("a number among regions", "'regions':['US',1]", "not 1", "/regions/1");
        ofModel("no regions in constraints", "'constraints':{'regions':[]}", "at least one", "/constraints/regions");
        ofModel(
                "an unknown region in constraints",
                "'constraints':{'regions':['mars']}",
                "mars",
                "/constraints/regions/0");
        ofModel(
                "unused constraints.regions of another type",
                "'regions':['US'],'constraints':{'regions':1}",
                "array",
                "/constraints/regions");
    }

    private void cells() {
        invalid(
                "an unknown region of a model",
                "{'models':[{'id':'a','regions':['x/y~z']}]}",
                "not a known region",
                "/models/0/regions/0");
        invalid(
                "regions of a model that are a string", "{'models':[{'id':'a','regions':'US'}],'regions':['US']}",
                "must be an array", "/models/0/regions");
        invalid(
                "a model restricted to nothing", "{'models':['b',{'id':'a','regions':[]}],'regions':['US']}",
                "at least one", "/models/1/regions");
        invalid(
                "a model left with no region", "{'models':['b',{'id':'a','regions':['EU']}],'regions':['US']}",
                "none of its regions is one of the job's", "/models/1");
        invalid(
                "a model without regions in a job without", "{'models':[{'id':'a','regions':['EU']},'b']}",
                "neither it nor the job has regions", "/models/1");
        invalid(
                "a region left with no model", "{'models':[{'id':'a','regions':['EU']}],'regions':['EU','EU','US']}",
                "no model runs in region us-east", "/regions/2");
        invalid(
                "both left alone",
                "{'models':[{'id':'a','regions':['EU']}],'regions':['US']}",
                "left with no region",
                "/models/0",
                "/regions/0");
        invalid(
                "too many cells in a portal document",
                "{'jobspec':{'models':" + numbered("m", 2_501) + "},"
                        + "'target_regions':['US','us-west','EU','APAC']}",
                "2501 different models",
                "/jobspec/models",
                "/jobspec");
    }

    private void asked() {
        with("a blank prompt", "'prompt':' '", "must not be blank", "/prompt");
        with("a prompt that is a number", "'prompt':1", "must be a string", "/prompt");
        with("a prompt with U+0000", "'prompt':'a\\u0000'", "U+0000", "/prompt");
        with(
                "a blank benchmark prompt",
                "'benchmark':{'input':{'data':{'prompt':''}}}",
                "must not be blank",
                "/benchmark/input/data/prompt");
        with(
                "an unused prompt of another type",
                "'prompt':1,'benchmark':{'input':{'data':{'prompt':'a'}}}",
                "a string",
                "/prompt");
        with("no questions", "'questions':[]", "at least one question", "/questions");
        with("questions that are a string", "'questions':'Why?'", "must be an array", "/questions");
        with("a question that is a number", "'questions':['Why?',2]", "not 2", "/questions/1");
        with("a blank question", "'questions':['Why?','\\n']", "must not be blank", "/questions/1");
        with(
                "a question that is too long",
                "'questions':['" + "w".repeat(32_769) + "']",
                "at most 32768",
                "/questions/0");
        with(
                "too many questions",
                "'questions':" + numbered("q", 101),
                "101 different questions; at most 100",
                "/questions");
    }

    private void constraints() {
        with("constraints of another type", "'constraints':[]", "must be an object, not an array", "/constraints");
        for (String timeout : List.of("0", "-1", "'-10m'", "'0s'", "'P0W'", "'PT0S'", "'PT-5M'", "-1e1000000000")) {
            constrained("a time-out of " + timeout, "'timeout':" + timeout, "longer than nothing", "timeout");
        }
        for (String timeout : List.of("'8d'", "'P2W'", "'P7DT0.001S'", "604800000000001", "1e1000000000", "'169h'")) {
            constrained("a time-out of " + timeout, "'timeout':" + timeout, "at most 7 days", "timeout");
        }
        for (String timeout :
                List.of("'10'", "'10x'", "'10 m'", "'m'", "''", "'P1Y'", "'P1.5W'", "'PT'", "'1h-3m'", "true", "{}")) {
            constrained("a time-out of " + timeout, "'timeout':" + timeout, "ISO-8601", "timeout");
        }
        constrained("a very long time-out", "'timeout':'" + "1s".repeat(60) + "'", "ISO-8601", "timeout");
        constrained("an unknown on_unknown", "'on_unknown':'HOLD'", "must be \"rerun\" or \"hold\"", "on_unknown");
        constrained("an on_unknown of another type", "'on_unknown':true", "must be a string", "on_unknown");
        for (String rate : List.of("-0.01", "1.01", "'0.5'", "1e400", "1e1000000000", "1e-1000000000", "67")) {
            constrained("a rate of " + rate, "'min_success_rate':" + rate, "from 0 to 1", "min_success_rate");
        }
    }

    private void numbers() {
        for (String priority : List.of("101", "-101", "0.5", "'3'", "1e400", "1e1000000000", "1e-1000000000", "true")) {
            with("a priority of " + priority, "'priority':" + priority, "from -100 to 100", "/priority");
        }
        for (String tokens : List.of("0", "-1", "1000001", "1.5", "'100'", "1e1000000000")) {
            with(
                    "max_tokens of " + tokens,
                    "'benchmark':{'input':{'data':{'max_tokens':" + tokens + "}}}",
                    "from 1 to 1000000",
                    "/benchmark/input/data/max_tokens");
        }
    }

    private void types() {
        for (String id : List.of("", "-a", " a", "a ", "a/b", "é", "a\\n", "a".repeat(129))) {
            with("the id '" + id + "'", "'id':'" + id + "'", "must match", "/id");
        }
        with("an id that is a number", "'id':7", "must be a string, not 7", "/id");
        with("a version that is a number", "'version':1.0", "must be a string, not 1.0", "/version");
        with("a benchmark that is a string", "'benchmark':'x'", "must be an object", "/benchmark");
        with("a benchmark's name that is a number", "'benchmark':{'name':1}", "a string", "/benchmark/name");
        with("an input that is a string", "'benchmark':{'input':'x'}", "an object", "/benchmark/input");
        with(
                "an input's type that is a number",
                "'benchmark':{'input':{'type':1}}",
                "a string",
                "/benchmark/input/type");
        with("data that is a string", "'benchmark':{'input':{'data':'x'}}", "an object", "/benchmark/input/data");
    }

    private void surrogates() {
        inRegion(
                "half a pair in a model id",
                "'models':['a\\ud800']",
                "\"a\\ud800\" has half of a surrogate pair",
                "/models/0");
        with("half a pair in an unknown field", "'x':[{'a/b~':'\\udc00\\ud800'}]", "half of a", "/x/0/a~1b~0");
        with("half a pair in a field's name", "'x':{'\\ud83dx':{'y':'\\ud800'}}", "the field name \"\\ud83dx\"", "/x");
        with("half a pair in the JobSpec's own field names", "'\\ud83d':1", "the field name", "");
    }

    private void messages() {
        with("messages that are a string", "'messages':'Hi'", "must be an array", "/messages");
        with("no messages", "'messages':[]", "at least one message", "/messages");
        with("a message that is a string", "'messages':['Hi']", "must be an object", "/messages/0");
        message("a message without a role", "'content':'Hi'", "one of system", "role");
        message("a message of another role", "'role':'human','content':'Hi'", "not \"human\"", "role");
        message("a role that is a number", "'role':1,'content':'Hi'", "must be a string", "role");
        message("a message without content", "'role':'user'", "is missing", "content");
        message("a blank message", "'role':'user','content':' '", "must not be blank", "content");
        message("a message of no parts", "'role':'user','content':[]", "must not be blank", "content");
        message(
                "a message of a blank part",
                "'role':'user','content':[{'type':'text','text':' '}]",
                "blank",
                "content");
        message("a message of strings", "'role':'user','content':['Hi']", "parts that are objects", "content");
        message("content that is a number", "'role':'user','content':1", "a string or an array", "content");
        message("U+0000 in a message", "'role':'user','content':'a\\u0000'", "U+0000", "content");
        message(
                "U+0000 in a part",
                "'role':'user','content':[{'type':'text','text':'a\\u0000'}]",
                "U+0000",
                "content/0/text");
        with(
                "messages and a prompt",
                "'messages':[{'role':'user','content':'Hi'}],'prompt':'P'",
                "and a prompt are both there",
                "/messages");
        with(
                "messages and a benchmark's prompt",
                "'messages':[{'role':'user','content':'Hi'}],'benchmark':{'input':{'data':{'prompt':'P'}}}",
                "and a prompt are both there",
                "/messages");
        with(
                "messages and a system's text",
                "'messages':[{'role':'user','content':'Hi'}],'system':'S'",
                "and messages are both there",
                "/system");
        with("a system's text alone", "'system':'S'", "needs a prompt or questions", "/system");
        with("a blank system's text", "'system':' ','prompt':'P'", "must not be blank", "/system");
        with("a system's text that is a number", "'system':1,'prompt':'P'", "must be a string", "/system");
        with("a system's text with U+0000", "'system':'a\\u0000','prompt':'P'", "U+0000", "/system");
        with(
                "a place for the question without questions",
                "'messages':[{'role':'user','content':[{'type':'text','text':'On {{question}}'}]}]",
                "there are no questions",
                "/messages");
        with(
                "a place for the question in a prompt with a system's text, without questions",
                "'system':'S','prompt':'On {{question}}'",
                "there are no questions",
                "/system");
        with(
                "a long question in many places",
                "'messages':[{'role':'user','content':'" + "{{question}}".repeat(33) + "'}],'questions':['"
                        + "w".repeat(32_768) + "']",
                "33 times",
                "/messages");
    }

    private void parameters() {
        with("parameters that are an array", "'prompt':'P','parameters':[]", "must be an object", "/parameters");
        with(
                "an unknown parameter",
                "'prompt':'P','parameters':{'tempreature':1}",
                "not on the list",
                "/parameters/tempreature");
        with(
                "a model among the parameters",
                "'prompt':'P','parameters':{'model':'b'}",
                "not on the list",
                "/parameters/model");
        for (String bound : List.of("max_tokens", "max_completion_tokens")) {
            for (String tokens : List.of("1000001", "0", "1.5", "'7'")) {
                with(
                        "a parameter %s of %s".formatted(bound, tokens),
                        "'prompt':'P','parameters':{'" + bound + "':" + tokens + "}",
                        "from 1 to 1000000",
                        "/parameters/" + bound);
            }
            invalid(
                    "a model's " + bound + " past the limit",
                    "{'prompt':'P','regions':['US'],'models':['b',{'id':'a','" + bound + "':1000001}]}",
                    "from 1 to 1000000",
                    "/models/1/" + bound);
            with(bound + " past the limit at the top", "'prompt':'P','" + bound + "':1e9", "from 1 to", "/" + bound);
        }
        constrained("fail_on of another type", "'fail_on':'length'", "must be an array", "fail_on");
        constrained("an unknown word in fail_on", "'fail_on':['length','refused']", "not \"refused\"", "fail_on/1");
        constrained("a flag that no job fails on", "'fail_on':['unknown_finish_reason']", "must be", "fail_on/0");
        constrained("a number in fail_on", "'fail_on':[1]", "not 1", "fail_on/0");
    }

    private void refused() {
        for (String field : List.of("'models':['b']", "'models':[]")) {
            sent("a model that has " + field, field, "another model", "models");
        }
        for (String field : List.of(
                "'fallbacks':['b']",
                "'route':'fallback'",
                "'extra_body':{}",
                "'extra_headers':{'a':'b'}",
                "'headers':{'a':'b'}",
                "'api_base':'http://x'",
                "'base_url':'http://x'",
                "'api_key':'secret'",
                "'num_retries':2",
                "'best_of':2",
                "'n':2",
                "'n':'1'",
                "'n':true",
                "'stream':true",
                "'stream':0",
                "'samples':2",
                "'samples':0",
                "'runs':3",
                "'inputs':['x']",
                "'inputs':{'set':'s'}",
                "'max_cost':1")) {
            String name = field.substring(1, field.indexOf(':') - 1);
            sent("a model that has " + field, field, "", name);
            with("the top level has " + field, "'prompt':'P'," + field, "", "/" + name);
            constrained("constraints with " + field, field, "", name);
            with(
                    "a benchmark with " + field,
                    "'prompt':'P','benchmark':{" + field + ",'input':{" + field + ",'data':{" + field + "}}}",
                    "",
                    "/benchmark/" + name,
                    "/benchmark/input/" + name,
                    "/benchmark/input/data/" + name);
        }
    }

    private void unread() {
        for (String text : List.of("input", "question", "prompts", "text", "message", "query", "data")) {
            with("the top level has " + text, "'" + text + "':'Who?'", "messages or questions", "/" + text);
        }
        with("questions in an input", "'input':{'questions':['Who?']}", "benchmark.input.data.prompt", "/input");
        for (String text : List.of("text", "message", "question", "vars", "max_completion_tokens")) {
            String value = text.equals("max_completion_tokens") ? "7" : "'Who?'";
            with(
                    "data with " + text,
                    "'benchmark':{'input':{'data':{'" + text + "':" + value + "}}}",
                    "is not read",
                    "/benchmark/input/data/" + text);
        }
        with(
                "a benchmark's questions",
                "'benchmark':{'questions':['Who?'],'input':{'questions':['Who?'],'url':'u','hash':'h'}}",
                "is not read",
                "/benchmark/questions",
                "/benchmark/input/questions",
                "/benchmark/input/url");
        invalid(
                "a model's messages",
                "{'regions':['US'],'models':[{'id':'a','messages':[{'role':'user','content':'Hi'}]}]}",
                "is not read",
                "/models/0/messages");
    }

    private void around() {
        invalid(
                "questions beside the JobSpec of a portal document",
                "{'jobspec':{'models':['a']},'target_regions':['US'],'questions':['Who?']}",
                "is not read",
                "/questions");
        invalid(
                "a bound of costs beside the JobSpec of a portal document",
                "{'jobspec':{'models':['a'],'prompt':'P'},'target_regions':['US'],'max_cost':5}",
                "is not honoured",
                "/max_cost");
    }

    /** The fields in a model, one that repeats an id, and in the parameters. */
    private void sent(String name, String field, String words, String fieldName) {
        invalid(
                name,
                "{'prompt':'P','regions':['US'],'models':['a',{'id':'a'," + field + "}],'parameters':{" + field + "}}",
                words,
                "/models/1/" + fieldName,
                "/parameters/" + fieldName);
    }

    private void message(String name, String fields, String words, String field) {
        with(name, "'messages':[{" + fields + "}]", words, "/messages/0/" + field);
    }

    private void inRegion(String name, String fields, String words, String... pointers) {
        invalid(name, "{'regions':['US']," + fields + "}", words, pointers);
    }

    private void ofModel(String name, String fields, String words, String... pointers) {
        invalid(name, "{'models':['a']," + fields + "}", words, pointers);
    }

    private void with(String name, String fields, String words, String... pointers) {
        invalid(name, "{'models':['a'],'regions':['US']," + fields + "}", words, pointers);
    }

    private void constrained(String name, String field, String words, String fieldName) {
        with(name, "'constraints':{" + field + "}", words, "/constraints/" + fieldName);
    }

    private void invalid(String name, String body, String words, String... pointers) {
        all.add(new BadJobSpecs.BadJobSpec(
                name, Specs.json(body).getBytes(UTF_8), BadJobSpecs.Kind.INVALID, List.of(pointers), words));
    }

    private static String numbered(String prefix, int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> "'" + prefix + number + "'")
                .collect(Collectors.joining(",", "[", "]"));
    }
}
