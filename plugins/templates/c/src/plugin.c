/* Finds promised rates of return: a word of a list, and behind it, in the same sentence, a percentage that is too high. */

#include "proviso.h"

/* How far behind the word a rate may stand, in characters. */
#define WINDOW 40

static Text list_name;
static uint32_t at_least;
static uint32_t list;

void configure(Text settings, const Lists *lists, Problems *problems) {
    if (!setting_number(settings, "at_least", &at_least)) add_problem(problems, "/at_least", "expected a whole number");
    if (!setting_text(settings, "list", &list_name) || !find_list(lists, list_name, &list))
        add_problem(problems, "/list", "expected the name of a list that the manifest names");
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/* True if a percentage of at least so much stands before the sign at `sign`. */
static bool is_high(Text text, size_t sign) {
    size_t end = sign > 0 && text.ptr[sign - 1] == ' ' ? sign - 1 : sign;
    size_t start = end;
    while (start > 0 && (is_digit(text.ptr[start - 1]) || text.ptr[start - 1] == '.')) start--;
    while (start < end && text.ptr[start] == '.') start++;
    uint64_t whole = 0;
    for (size_t at = start; at < end && is_digit(text.ptr[at]); at++)
        if (whole <= UINT32_MAX) whole = whole * 10 + (text.ptr[at] - '0');
    return start < end && whole >= at_least;
}

/* Where the first rate that is too high ends in the sentence that goes on at `from`, or 0. */
static size_t rate_end(Text text, size_t from) {
    const char *const sentence_ends[] = {"。", "！", "？", "；", "!", "?", ";"};
    Text behind = part(text, from, text.len);
    size_t characters = 0;
    for (size_t at = 0; at < behind.len && characters < WINDOW; at = next_character(behind, at), characters++) {
        for (size_t end = 0; end < sizeof sentence_ends / sizeof *sentence_ends; end++)
            if (stands_at(behind, at, sentence_ends[end])) return 0;
        bool is_sign = stands_at(behind, at, "%") || stands_at(behind, at, "％");
        if (is_sign && is_high(behind, at)) return from + next_character(behind, at);
    }
    return 0;
}

void evaluate(const Message *message, Findings *findings) {
    for (size_t index = 0; index < message->hits.len; index++) {
        const Hit *hit = &message->hits.ptr[index];
        size_t end = hit->list == list ? rate_end(message->text, hit->span.end) : 0;
        if (end == 0) continue;
        Finding *finding = add_finding(findings, "promised-rate", SEVERITY_HIGH);
        add_span(finding, hit->span.start, end);
        add_reason(finding, LANGUAGE_ZH, format("承诺的收益率不低于 %u%%", at_least));
        add_reason(finding, LANGUAGE_EN, format("promises a return of %u %% or more", at_least));
        return;
    }
}
