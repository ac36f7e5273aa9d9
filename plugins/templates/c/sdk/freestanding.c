/*
 * The few functions of the C library that the generated bindings and proviso.c call: there is no C library in the sandbox. Memory is
 * cut from one end and only the last block is given back: a call's instance is thrown away behind it.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 65536
/* Each block is aligned to this, and has its size in so many bytes before it. */
#define ALIGNMENT 16

/* Where the linker ends what it laid out. */
extern uint8_t __heap_base;
static uint8_t *heap_end;

static size_t *size_of(void *block) { return (size_t *)((uint8_t *)block - ALIGNMENT); }

static size_t rounded(size_t bytes) { return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1); }

/* Makes sure that the memory reaches as far. */
static int reach(uint8_t *end) {
    size_t pages = ((uintptr_t)end + PAGE_BYTES - 1) / PAGE_BYTES, there = __builtin_wasm_memory_size(0);
    return pages <= there || __builtin_wasm_memory_grow(0, pages - there) != (size_t)-1;
}

void *malloc(size_t bytes) {
    if (heap_end == NULL) heap_end = (uint8_t *)rounded((uintptr_t)&__heap_base);
    uint8_t *block = heap_end + ALIGNMENT;
    if (bytes > UINT32_MAX / 2 || !reach(block + rounded(bytes))) return NULL;
    heap_end = block + rounded(bytes);
    *size_of(block) = rounded(bytes);
    return block;
}

void free(void *block) {
    if (block != NULL && (uint8_t *)block + *size_of(block) == heap_end) heap_end = (uint8_t *)size_of(block);
}

void *realloc(void *block, size_t bytes) {
    if (block == NULL) return malloc(bytes);
    size_t had = *size_of(block);
    if (bytes <= had) return block;
    free(block);
    uint8_t *moved = malloc(bytes);
    return moved == NULL || moved == block ? moved : memcpy(moved, block, had);
}

void abort(void) { __builtin_trap(); }

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    uint8_t *target = to;
    const uint8_t *source = from;
    while (bytes-- > 0) *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target <= source) return memcpy(to, from, bytes);
    while (bytes-- > 0) target[bytes] = source[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    for (uint8_t *target = to; bytes-- > 0;) *target++ = (uint8_t)value;
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes) {
    const uint8_t *a = left, *b = right;
    for (; bytes > 0; a++, b++, bytes--)
        if (*a != *b) return *a < *b ? -1 : 1;
    return 0;
}

void *memchr(const void *text, int byte, size_t bytes) {
    for (const uint8_t *at = text; bytes-- > 0; at++)
        if (*at == (uint8_t)byte) return (void *)at;
    return NULL;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') length++;
    return length;
}

char *strchr(const char *text, int byte) {
    for (; *text != (char)byte; text++)
        if (*text == '\0') return NULL;
    return (char *)text;
}
