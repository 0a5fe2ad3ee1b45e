/*
 * Runs one VFP instruction on each record of standard input, and writes what it did to standard output.
 * Operands are in d1, d2 and d0 (or s2, s4 and s0), the result in d0 (or s0). INSTRUCTION is its text.
 */
#include <stdint.h>
#include <stdio.h>

struct record {
    uint64_t n, m, d;
    uint32_t fpscr, unused;
};

struct answer {
    uint64_t d;
    uint32_t fpscr, unused;
};

static void run(const struct record *record, struct answer *answer)
{
    uint32_t fpscr = record->fpscr;
    __asm__ volatile(
        "fldd d1, [%[record]]\n\t"
        "fldd d2, [%[record], #8]\n\t"
        "fldd d0, [%[record], #16]\n\t"
        "fmxr fpscr, %[fpscr]\n\t"
        INSTRUCTION "\n\t"
        "fmrx %[fpscr], fpscr\n\t"
        "fstd d0, [%[answer]]\n\t"
        : [fpscr] "+&r"(fpscr)
        : [record] "r"(record), [answer] "r"(answer)
        : "d0", "d1", "d2", "memory");
    answer->fpscr = fpscr;
}

int main(void)
{
    static struct record records[1024];
    static struct answer answers[1024];
    size_t count;
    while ((count = fread(records, sizeof records[0], 1024, stdin)) > 0) {
        for (size_t i = 0; i < count; i++)
            run(&records[i], &answers[i]);
        fwrite(answers, sizeof answers[0], count, stdout);
    }
    return 0;
}
