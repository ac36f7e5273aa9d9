/*
 * What a plugin of rules needs in C. All of the contract is in plugin.h, which `proviso pack build` makes from it in target/c.
 * A plugin defines the two functions `configure` and `evaluate`; proviso.c calls them.
 */
#ifndef PROVISO_H
#define PROVISO_H

#include "plugin.h"

/* UTF-8 with its length in bytes. Nothing stands behind its end. */
typedef plugin_string_t Text;
typedef proviso_policy_types_message_t Message;
typedef proviso_policy_types_hit_t Hit;
typedef proviso_policy_types_finding_t Finding;
typedef proviso_policy_types_severity_t Severity;
typedef proviso_policy_types_language_t Language;
/* The lists that the manifest names for this policy, in its order. */
typedef exports_proviso_policy_lifecycle_list_list_info_t Lists;
typedef struct Problems Problems;
typedef struct Findings Findings;

enum { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum { LANGUAGE_ZH, LANGUAGE_EN };

/* -- What the plugin defines ------------------------------------------------------------------------------------------ */

/* Reads the settings, once for every generation; what is kept then is there in every call. Every problem is to be added. */
void configure(Text settings, const Lists *lists, Problems *problems);

/* Judges one message: at most 64 findings. Nothing that it changes is seen by the next call, so it must not keep anything. */
void evaluate(const Message *message, Findings *findings);

/* -- Settings --------------------------------------------------------------------------------------------------------- */

/* Reads a whole number of 0 to 4,294,967,295 from a JSON object. False if it is missing or something else. */
bool setting_number(Text settings, const char *key, uint32_t *value);

/* Reads a text from a JSON object, a part of `settings`. False if it is missing, something else, or has a `\` in it. */
bool setting_text(Text settings, const char *key, Text *value);

/* The index of a list, which is what `Hit.list` carries. False if there is none of that name. */
bool find_list(const Lists *lists, Text name, uint32_t *index);

/* Says what is wrong; `pointer` is a JSON Pointer into the settings, empty for the whole. */
void add_problem(Problems *problems, const char *pointer, const char *message);

/* -- Findings --------------------------------------------------------------------------------------------------------- */

/* Adds a finding of a rule, 1 to 64 bytes of `a-z 0-9 -`. It needs at least one reason. Good until the next finding is added. */
Finding *add_finding(Findings *findings, const char *rule, Severity severity);

/* Says where in the message's text, in bytes, on character borders. Beyond 16 a span is dropped. */
void add_span(Finding *finding, size_t start, size_t end);

/* Says why, once in each language: 1 to 1,024 bytes without line breaks. */
void add_reason(Finding *finding, Language language, Text reason);

/* -- Texts ------------------------------------------------------------------------------------------------------------ */

/* A text from a pattern in which `%u` stands for a uint32_t, `%s` for a C string and `%%` for a per cent sign. */
__attribute__((format(printf, 1, 2))) Text format(const char *pattern, ...);

/* The bytes from `start` to before `end`. */
Text part(Text text, size_t start, size_t end);

/* Where the character behind the one at `at` begins, in bytes. */
size_t next_character(Text text, size_t at);

/* True if `what` stands in the text at that byte. */
bool stands_at(Text text, size_t at, const char *what);

/* Writes a line that `proviso pack test` shows. */
void log_line(Text line);

#endif
