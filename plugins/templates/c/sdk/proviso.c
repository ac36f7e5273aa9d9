/* The plugin's two ends: the contract's functions outside, `configure` and `evaluate` inside. */

#include "proviso.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS_MAX = 16, REASONS_MAX = 2, PROBLEMS_MAX = 64 };

struct Problems {
    exports_proviso_policy_lifecycle_list_problem_t list;
};

struct Findings {
    exports_proviso_policy_rules_list_finding_t list;
    size_t room;
    uint32_t message;
};

static Text text_of(const char *text) {
    Text result;
    plugin_string_dup(&result, text);
    return result;
}

static void *allocate(size_t bytes) {
    void *block = malloc(bytes);
    if (block == NULL) abort();
    return block;
}

/* -- Settings --------------------------------------------------------------------------------------------------------- */

static size_t skip_space(Text json, size_t at) {
    while (at < json.len && strchr(" \t\r\n", json.ptr[at]) != NULL) at++;
    return at;
}

/* Behind the text whose `"` stands at `at`. */
static size_t skip_text(Text json, size_t at) {
    for (at++; at < json.len && json.ptr[at] != '"'; at++)
        if (json.ptr[at] == '\\') at++;
    return at + 1;
}

/* Behind the value at `at`, whatever it is: the comma or bracket that ends it. */
static size_t skip_value(Text json, size_t at) {
    for (size_t depth = 0; at < json.len;) {
        uint8_t byte = json.ptr[at];
        if (depth == 0 && (byte == ',' || byte == '}')) return at;
        if (byte == '"') {
            at = skip_text(json, at);
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        at++;
    }
    return at;
}

/* The value of a key of the object, without the space around it. */
static bool find_value(Text json, const char *key, Text *value) {
    size_t at = skip_space(json, 0) + 1;
    while (at < json.len) {
        at = skip_space(json, at);
        if (at >= json.len || json.ptr[at] != '"') return false;
        size_t key_end = skip_text(json, at);
        Text found = part(json, at + 1, key_end - 1);
        at = skip_space(json, skip_space(json, key_end) + 1);
        size_t end = skip_value(json, at);
        if (found.len == strlen(key) && stands_at(found, 0, key)) {
            while (end > at && strchr(" \t\r\n", json.ptr[end - 1]) != NULL) end--;
            *value = part(json, at, end);
            return true;
        }
        at = end + 1;
    }
    return false;
}

bool setting_number(Text settings, const char *key, uint32_t *value) {
    Text digits;
    if (!find_value(settings, key, &digits) || digits.len == 0) return false;
    uint64_t number = 0;
    for (size_t at = 0; at < digits.len; at++) {
        if (digits.ptr[at] < '0' || digits.ptr[at] > '9') return false;
        number = number * 10 + (digits.ptr[at] - '0');
        if (number > UINT32_MAX) return false;
    }
    *value = (uint32_t)number;
    return true;
}

bool setting_text(Text settings, const char *key, Text *value) {
    Text quoted;
    if (!find_value(settings, key, &quoted) || quoted.len < 2 || quoted.ptr[0] != '"') return false;
    *value = part(quoted, 1, quoted.len - 1);
    return memchr(value->ptr, '\\', value->len) == NULL;
}

bool find_list(const Lists *lists, Text name, uint32_t *index) {
    for (size_t at = 0; at < lists->len; at++) {
        Text candidate = lists->ptr[at].name;
        if (candidate.len == name.len && memcmp(candidate.ptr, name.ptr, name.len) == 0) {
            *index = (uint32_t)at;
            return true;
        }
    }
    return false;
}

void add_problem(Problems *problems, const char *pointer, const char *message) {
    if (problems->list.len == PROBLEMS_MAX) return;
    exports_proviso_policy_lifecycle_problem_t *problem = &problems->list.ptr[problems->list.len++];
    problem->pointer = text_of(pointer);
    problem->message = text_of(message);
}

bool exports_proviso_policy_lifecycle_configure(plugin_string_t *settings, Lists *lists,
                                                exports_proviso_policy_lifecycle_list_problem_t *err) {
    Problems problems = {{allocate(PROBLEMS_MAX * sizeof *problems.list.ptr), 0}};
    configure(*settings, lists, &problems);
    *err = problems.list;
    return problems.list.len == 0;
}

/* -- Findings --------------------------------------------------------------------------------------------------------- */

Finding *add_finding(Findings *findings, const char *rule, Severity severity) {
    if (findings->list.len == findings->room) {
        findings->room = findings->room == 0 ? 16 : findings->room * 2;
        findings->list.ptr = realloc(findings->list.ptr, findings->room * sizeof(Finding));
        if (findings->list.ptr == NULL) abort();
    }
    Finding *finding = &findings->list.ptr[findings->list.len++];
    finding->message = findings->message;
    finding->rule = text_of(rule);
    finding->severity = severity;
    finding->spans.ptr = allocate(SPANS_MAX * sizeof *finding->spans.ptr);
    finding->spans.len = 0;
    finding->reasons.ptr = allocate(REASONS_MAX * sizeof *finding->reasons.ptr);
    finding->reasons.len = 0;
    return finding;
}

void add_span(Finding *finding, size_t start, size_t end) {
    if (finding->spans.len == SPANS_MAX) return;
    finding->spans.ptr[finding->spans.len++] = (proviso_policy_types_span_t){(uint32_t)start, (uint32_t)end};
}

void add_reason(Finding *finding, Language language, Text reason) {
    if (finding->reasons.len == REASONS_MAX) return;
    finding->reasons.ptr[finding->reasons.len++] = (proviso_policy_types_reason_t){language, reason};
}

bool exports_proviso_policy_rules_evaluate(exports_proviso_policy_rules_list_message_t *messages,
                                           exports_proviso_policy_rules_list_finding_t *ret,
                                           exports_proviso_policy_rules_failure_t *err) {
    (void)err;
    Findings findings = {{NULL, 0}, 0, 0};
    for (; findings.message < messages->len; findings.message++) evaluate(&messages->ptr[findings.message], &findings);
    *ret = findings.list;
    return true;
}

/* -- Texts ------------------------------------------------------------------------------------------------------------ */

Text part(Text text, size_t start, size_t end) {
    if (end > text.len) end = text.len;
    if (start > end) start = end;
    return (Text){text.ptr + start, end - start};
}

size_t next_character(Text text, size_t at) {
    for (at++; at < text.len && (text.ptr[at] & 0xC0) == 0x80;) at++;
    return at;
}

bool stands_at(Text text, size_t at, const char *what) {
    if (at < text.len && text.ptr[at] != (uint8_t)*what) return false;
    size_t length = strlen(what);
    return at <= text.len && length <= text.len - at && memcmp(text.ptr + at, what, length) == 0;
}

static char *append(char *to, const char *text) {
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static char *append_number(char *to, uint32_t number) {
    char digits[11], *first = &digits[10];
    *first = '\0';
    do *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return append(to, first);
}

Text format(const char *pattern, ...) {
    va_list arguments;
    /* First how long it becomes, then the text. */
    size_t bytes = 0;
    va_start(arguments, pattern);
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '%' || *++at == '%') bytes++;
        else if (*at == 'u') (void)va_arg(arguments, uint32_t), bytes += 10;
        else if (*at == 's') bytes += strlen(va_arg(arguments, const char *));
        else abort();
    }
    va_end(arguments);
    char *text = allocate(bytes), *to = text;
    va_start(arguments, pattern);
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '%' || *++at == '%') *to++ = *at;
        else if (*at == 'u') to = append_number(to, va_arg(arguments, uint32_t));
        else to = append(to, va_arg(arguments, const char *));
    }
    va_end(arguments);
    return (Text){(uint8_t *)text, (size_t)(to - text)};
}

void log_line(Text line) { proviso_policy_log_write(PROVISO_POLICY_LOG_LEVEL_INFO, &line); }
