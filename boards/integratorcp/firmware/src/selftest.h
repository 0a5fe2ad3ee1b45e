/* Self tests: rows in the file of each device, run by selftest.c. */
#ifndef SELFTEST_H
#define SELFTEST_H
#include "types.h"

enum verdict { PASS, FAIL, SKIP };

struct test {
	const char *name;
	enum verdict (*run)(u32 argument);
	u32 argument;
};

/* Both note why; numbers are printed after the text as name=value. */
enum verdict fail(const char *why);
enum verdict fail_value(const char *why, u32 expected, u32 got);
enum verdict skip(const char *why);
/* True on a model that keeps what a PL011 has no flip-flops for; such models leave out corners of the hardware. */
bool lax_model(void);
enum verdict id_test(u32 cell);

#define TESTS(name) extern const struct test name[]; extern const u32 name##_count
TESTS(core_tests);
TESTS(interrupt_tests);
TESTS(uart_tests);
TESTS(timer_tests);
TESTS(rtc_tests);
TESTS(input_tests);
TESTS(lcd_tests);
TESTS(card_tests);
TESTS(audio_tests);
TESTS(network_tests);
TESTS(flash_tests);

#endif
