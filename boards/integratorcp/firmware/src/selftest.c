#include "board.h"
#include "command.h"
#include "cpu.h"
#include "exception.h"
#include "lib.h"
#include "primecell.h"
#include "print.h"
#include "selftest.h"
#include "semihost.h"
#include "uart.h"

static const char *reason;
static u32 wanted, found;
static bool has_values;

enum verdict fail(const char *why)
{
	reason = why;
	return FAIL;
}

enum verdict fail_value(const char *why, u32 expected, u32 got)
{
	wanted = expected;
	found = got;
	has_values = true;
	return fail(why);
}

enum verdict skip(const char *why)
{
	reason = why;
	return SKIP;
}

bool lax_model(void)
{
	u32 saved = rd32(UART1_BASE + UART_IBRD);
	wr32(UART1_BASE + UART_IBRD, 0x5a50000);
	bool lax = rd32(UART1_BASE + UART_IBRD) != 0;
	wr32(UART1_BASE + UART_IBRD, saved);
	return lax;
}

enum verdict id_test(u32 cell)
{
	u32 part, revision, designer;
	if (!primecell_id(primecells[cell].base, &part, &revision, &designer))
		return fail("no PrimeCell identification");
	if (part != primecells[cell].part)
		return fail_value("part number", primecells[cell].part, part);
	return designer == 0x41 ? PASS : fail_value("designer", 0x41, designer);
}

/* An exception inside of a test is its failure, not its end. */
static enum verdict run_guarded(const struct test *t)
{
	static u32 outside[10];
	static enum verdict verdict;
	memcpy(outside, recovery, sizeof recovery);
	reason = "";
	has_values = false;
	exception_quiet = true;
	if (save_context(recovery) == 0)
		verdict = t->run(t->argument);
	else
		verdict = fail_value(exception_name, 0, exception_address);
	exception_quiet = false;
	memcpy(recovery, outside, sizeof recovery);
	return verdict;
}

static u32 totals[3];

static void run_group(const struct test *tests, u32 count, const char *only)
{
	static const char *const words[] = { "PASS", "FAIL", "SKIP" };
	for (u32 i = 0; i < count && !break_asked(); i++) {
		if (only && !starts_with(tests[i].name, only))
			continue;
		enum verdict v = run_guarded(&tests[i]);
		totals[v]++;
		print("%s %s", words[v], tests[i].name);
		if (v != PASS)
			print(": %s", reason);
		if (v == FAIL && has_values)
			print(" (expected %08x, got %08x)", wanted, found);
		print("\n");
	}
}

int selftest_command(int argc, char **argv)
{
	bool leave = argc > 1 && !strcmp(argv[1], "exit");
	const char *only = argc > 1 + leave ? argv[1 + leave] : NULL;
	if (argc > 2 + leave)
		return -1;
	memset(totals, 0, sizeof totals);
	run_group(core_tests, core_tests_count, only);
	run_group(interrupt_tests, interrupt_tests_count, only);
	run_group(uart_tests, uart_tests_count, only);
	run_group(timer_tests, timer_tests_count, only);
	run_group(rtc_tests, rtc_tests_count, only);
	run_group(input_tests, input_tests_count, only);
	run_group(lcd_tests, lcd_tests_count, only);
	run_group(card_tests, card_tests_count, only);
	run_group(audio_tests, audio_tests_count, only);
	run_group(network_tests, network_tests_count, only);
	run_group(flash_tests, flash_tests_count, only);
	print("SELFTEST %u passed, %u failed, %u skipped\n", totals[PASS], totals[FAIL], totals[SKIP]);
	if (leave) {
		semihost_exit(totals[FAIL]);
		print("nothing answers semihosting calls\n");
	}
	return 0;
}
