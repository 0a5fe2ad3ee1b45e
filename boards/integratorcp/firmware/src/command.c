#include "board.h"
#include "command.h"
#include "core_module.h"
#include "cpu.h"
#include "exception.h"
#include "lib.h"
#include "line.h"
#include "print.h"
#include "uart.h"

/* A command answers 0, or -1 for wrong arguments: then its row is shown. */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments, *summary;
};

static int help_command(int argc, char **argv);

static int history_command(int argc, char **argv)
{
	print_history();
	return 0;
}

static int echo_command(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		print(i > 1 ? " %s" : "%s", argv[i]);
	print("\n");
	return 0;
}

static int reset_command(int argc, char **argv)
{
	print("resetting\n");
	console_flush();
	core_module_reset();
	print("reset had no effect\n");
	return 0;
}

static int go_command(int argc, char **argv)
{
	u32 at;
	if (argc != 2 || !parse_hex(argv[1], &at))
		return -1;
	print("going to %08x\n", at);
	console_stop();
	enter(at, 0, 0, 0);
}

static const struct command commands[] = {
	{ "help", help_command, "[COMMAND]", "this list" },
	{ "info", info_command, "", "CPU, memory, registers, devices" },
	{ "md", md_command, "ADDR [COUNT]", "show memory; md.b md.h md.w" },
	{ "mw", mw_command, "ADDR VALUE [COUNT]", "write memory; mw.b mw.h mw.w" },
	{ "memtest", memtest_command, "[ADDR LEN]", "walking bits, address, random" },
	{ "timer", timer_command, "", "run the three timers and their interrupts" },
	{ "rtc", rtc_command, "[set YYYY-MM-DD HH:MM:SS]", "show or set date and time" },
	{ "lcd", lcd_command, "[off]", "640x480 test picture" },
	{ "sdls", sdls_command, "", "list the card's root directory" },
	{ "sdload", sdload_command, "NAME ADDR", "read a file from the card" },
	{ "net", net_command, "", "get an address by DHCP and show it" },
	{ "tftp", tftp_command, "[SERVER:]FILE ADDR", "read a file from the network" },
	{ "ping", ping_command, "IP", "three echo requests" },
	{ "boot", boot_command, "[sd|net] [FILE] [dtb=F] [initrd=F] [-- CMDLINE]", "load and start Linux" },
	{ "go", go_command, "ADDR", "jump" },
	{ "bench", bench_command, "", "integer, memory and MMIO loops" },
	{ "selftest", selftest_command, "[exit] [NAME]", "test each device" },
	{ "semi", semi_command, "exit N | write TEXT", "semihosting" },
	{ "echo", echo_command, "WORDS", "print its arguments" },
	{ "history", history_command, "", "lines given so far" },
	{ "reset", reset_command, "", "reset the board" },
};

static void show_row(const struct command *c)
{
	u32 used = strlen(c->name) + 1 + strlen(c->arguments);
	print("  %s %s", c->name, c->arguments);
	while (used++ < 48)
		console_put(' ');
	print("  %s\n", c->summary);
}

static int help_command(int argc, char **argv)
{
	for (u32 i = 0; i < COUNT_OF(commands); i++)
		if (argc < 2 || !strcmp(argv[1], commands[i].name))
			show_row(&commands[i]);
	if (argc < 2)
		print("Addresses and values are hexadecimal; counts and lengths decimal, 0x..., 4K or 1M.\n");
	return 0;
}

/* Words are parted by blanks; "double quotes" keep blanks; # begins a comment. */
static int split(char *line, char **argv)
{
	int argc = 0;
	char *to = line;
	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line || *line == '#' || argc == (int)MAX_ARGUMENTS)
			return argc;
		argv[argc++] = to;
		bool quoted = false;
		while (*line && (quoted || (*line != ' ' && *line != '\t'))) {
			if (*line == '"')
				quoted = !quoted, line++;
			else
				*to++ = *line++;
		}
		if (*line)
			line++;
		*to++ = 0;
	}
}

/* The command named by a word; a size suffix (.b .h .w) is the command's own business. */
static const struct command *find(const char *word)
{
	char name[16];
	copy_string(name, word, sizeof name);
	u32 n = strlen(name);
	if (n > 2 && name[n - 2] == '.')
		name[n - 2] = 0;
	for (u32 i = 0; i < COUNT_OF(commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

void run_line(char *line)
{
	char *argv[MAX_ARGUMENTS + 1];
	int argc = split(line, argv);
	argv[argc] = NULL;
	if (!argc)
		return;
	const struct command *c = find(argv[0]);
	if (!c) {
		print("unknown command \"%s\"; try help\n", argv[0]);
		return;
	}
	exception_quiet = false;
	break_forget();
	if (c->run(argc, argv) == -1) {
		print("usage:\n");
		show_row(c);
	}
}
