/*
 * The lab's guest program: dirties a working set at a known rate, checks it all the time, and says on its console
 * what time it is. What the cases know about a guest they know from these lines:
 *
 *   guest pages=N rate=R         once, when the working set stands
 *   tick N m=MS r=MS dirtied=D errors=E
 *                                every 100 ms; m is CLOCK_MONOTONIC, r CLOCK_REALTIME. The monotonic clock stands
 *                                still while the domain is suspended and the other goes on, so the sum of both
 *                                clocks' disagreement from one tick to the next is the downtime.
 *   ERROR page P ...             a page is not what was last written to it
 *
 * Settings, words of the kernel's command line:
 *
 *   wss=N      pages in the working set; none unless given
 *   rate=R     pages written a second, one after the other; `max` for as many as the vcpu can; none unless given.
 *              A page is checked before it is written; where nothing is written, all are looked at in turn.
 *
 * Every page is written whole, each octet of it determined by its number and its version. What the versions must be
 * is kept apart from the pages: a page that arrived as it was a round before is found out.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { page_words = 512, tick_ms = 100, turn_ms = 5, turn_pages = 32, idle_checks_per_second = 500 };

struct page {
    uint64_t number, version, checksum, body[page_words - 3];
};

static struct page *pages;
static uint64_t *versions;
static uint64_t page_count, dirtied, errors;

static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

/** Cheap enough for emulation: one addition a word, and a sum that depends on each word's place. */
static uint64_t checksum(const struct page *page) {
    uint64_t low = page->number + 1, high = page->version + 1;
    for (int i = 0; i < page_words - 3; i++) {
        low += page->body[i];
        high += low;
    }
    return mixed(low) ^ high;
}

static void write_page(uint64_t number) {
    struct page *page = &pages[number];
    page->number = number;
    page->version = ++versions[number];
    uint64_t step = mixed(number << 32 ^ page->version) | 1;
    for (int i = 0; i < page_words - 3; i++) page->body[i] = step * (i + 1);
    page->checksum = checksum(page);
}

static void check_page(uint64_t number) {
    const struct page *page = &pages[number];
    uint64_t sum = checksum(page);
    if (page->number == number && page->version == versions[number] && page->checksum == sum) return;
    errors++;
    printf("ERROR page %" PRIu64 ": expected version %" PRIu64 ", found page %" PRIu64 " version %" PRIu64
           ", checksum %016" PRIx64 " of contents %016" PRIx64 "\n",
           number, versions[number], page->number, page->version, page->checksum, sum);
    /* Said once: from here on the page is as it should be. */
    write_page(number);
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

static void sleep_until(int64_t ms) {
    struct timespec then = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

/** The value of `name=` on the command line, or null. */
static const char *setting(char *words, const char *name) {
    size_t length = strlen(name);
    for (char *word = words; word; word = strchr(word, ' ')) {
        while (*word == ' ') word++;
        if (strncmp(word, name, length) == 0 && word[length] == '=') return word + length + 1;
    }
    return NULL;
}

static void tell_time(void) {
    static uint64_t ticks;
    printf("tick %" PRIu64 " m=%" PRId64 " r=%" PRId64 " dirtied=%" PRIu64 " errors=%" PRIu64 "\n", ticks++,
           milliseconds(CLOCK_MONOTONIC), milliseconds(CLOCK_REALTIME), dirtied, errors);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);

    char words[4096] = "";
    FILE *file = fopen("/proc/cmdline", "r");
    if (!file || !fgets(words, sizeof words, file)) return perror("/proc/cmdline"), 1;
    const char *count = setting(words, "wss"), *speed = setting(words, "rate");
    int fastest = speed && strncmp(speed, "max", 3) == 0;
    uint64_t rate = speed && !fastest ? strtoull(speed, NULL, 10) : 0;
    page_count = count ? strtoull(count, NULL, 10) : 0;

    if (page_count) {
        pages = aligned_alloc(sizeof *pages, page_count * sizeof *pages);
        versions = calloc(page_count, sizeof *versions);
        if (!pages || !versions) return perror("the working set"), 1;
        for (uint64_t i = 0; i < page_count; i++) write_page(i);
    }
    printf(fastest ? "guest pages=%" PRIu64 " rate=max\n" : "guest pages=%" PRIu64 " rate=%" PRIu64 "\n", page_count,
           rate);

    uint64_t next_write = 0, next_check = page_count / 2, owed = 0;
    int64_t before = milliseconds(CLOCK_MONOTONIC), next_tick = before;
    for (;;) {
        int64_t now = milliseconds(CLOCK_MONOTONIC);
        if (now >= next_tick) {
            tell_time();
            /* What was missed while the vcpu did not run is not made up for. */
            next_tick += tick_ms;
            if (next_tick <= now) next_tick = now + tick_ms;
        }
        uint64_t checks = 0;
        if (page_count && fastest) {
            owed = turn_pages * 1000;
        } else if (page_count) {
            uint64_t passed = now - before;
            /* In thousandths of a page. Neither here is more than a second made up for. */
            owed += passed * rate;
            if (owed > rate * 1000) owed = rate * 1000;
            if (!rate) checks = passed * idle_checks_per_second / 1000;
        }
        before = now;
        for (; owed >= 1000; owed -= 1000) {
            check_page(next_write);
            write_page(next_write);
            dirtied++;
            next_write = (next_write + 1) % page_count;
        }
        for (; checks > 0; checks--) {
            check_page(next_check);
            next_check = (next_check + 1) % page_count;
        }
        if (!fastest) sleep_until(now + turn_ms < next_tick ? now + turn_ms : next_tick);
    }
}
