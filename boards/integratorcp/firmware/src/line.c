#include "lib.h"
#include "line.h"
#include "print.h"
#include "uart.h"

#define HISTORY 16u
static char history[HISTORY][LINE_SIZE];
static u32 given; /* lines ever put into history */

enum key { CTRL_A = 1, CTRL_B = 2, CTRL_C = 3, CTRL_D = 4, CTRL_E = 5, CTRL_F = 6, BS = 8, LF = 10, CTRL_K = 11,
	   CR = 13, CTRL_N = 14, CTRL_P = 16, CTRL_U = 21, ESC = 27, DEL = 127 };

/* The line being edited: length, cursor, and the history line shown (given = the new one). */
struct edit {
	char *text;
	u32 length, cursor, shown;
};

static void back(u32 n)
{
	while (n--)
		console_put('\b');
}

/* Writes text from the cursor on, `gone` blanks over what was longer, and goes back. */
static void redraw_tail(struct edit *e, u32 gone)
{
	for (u32 i = e->cursor; i < e->length; i++)
		console_put(e->text[i]);
	for (u32 i = 0; i < gone; i++)
		console_put(' ');
	back(e->length - e->cursor + gone);
}

static void insert(struct edit *e, char c)
{
	if (e->length >= LINE_SIZE - 1) {
		console_put('\a');
		return;
	}
	memmove(e->text + e->cursor + 1, e->text + e->cursor, e->length - e->cursor);
	e->text[e->cursor++] = c;
	e->length++;
	console_put(c);
	if (e->cursor < e->length)
		redraw_tail(e, 0);
}

static void erase(struct edit *e, u32 from, u32 count)
{
	if (from + count > e->length)
		return;
	if (e->cursor > from)
		back(e->cursor - from);
	else
		for (u32 i = e->cursor; i < from; i++)
			console_put(e->text[i]);
	e->cursor = from;
	memmove(e->text + from, e->text + from + count, e->length - from - count);
	e->length -= count;
	redraw_tail(e, count);
}

static void move(struct edit *e, u32 to)
{
	if (to > e->length)
		return;
	while (e->cursor > to)
		console_put('\b'), e->cursor--;
	while (e->cursor < to)
		console_put(e->text[e->cursor++]);
}

static void show(struct edit *e, u32 which)
{
	if (which > given || which + HISTORY < given + (given == which))
		return;
	const char *text = which == given ? "" : history[which % HISTORY];
	erase(e, 0, e->length);
	e->shown = which;
	while (*text)
		insert(e, *text++);
}

/* A key of a terminal: ESC [ A up, B down, C right, D left, H home, F end, 3~ delete. */
static void escape(struct edit *e, int c, int parameter)
{
	switch (c) {
	case 'A': show(e, e->shown ? e->shown - 1 : 0); break;
	case 'B': show(e, e->shown + 1); break;
	case 'C': move(e, e->cursor + 1); break;
	case 'D': if (e->cursor) move(e, e->cursor - 1); break;
	case 'H': move(e, 0); break;
	case 'F': move(e, e->length); break;
	case '~':
		if (parameter == 3) erase(e, e->cursor, 1);
		else if (parameter == 1) move(e, 0);
		else if (parameter == 4) move(e, e->length);
		break;
	}
}

static void control(struct edit *e, int c)
{
	switch (c) {
	case BS: case DEL: if (e->cursor) erase(e, e->cursor - 1, 1); break;
	case CTRL_A: move(e, 0); break;
	case CTRL_B: escape(e, 'D', 0); break;
	case CTRL_D: erase(e, e->cursor, 1); break;
	case CTRL_E: move(e, e->length); break;
	case CTRL_F: escape(e, 'C', 0); break;
	case CTRL_K: erase(e, e->cursor, e->length - e->cursor); break;
	case CTRL_N: escape(e, 'B', 0); break;
	case CTRL_P: escape(e, 'A', 0); break;
	case CTRL_U: erase(e, 0, e->cursor); break;
	}
}

static int wait_key(void)
{
	int c;
	while ((c = console_get()) < 0)
		;
	return c;
}

static void read_escape(struct edit *e)
{
	int parameter = 0, c = wait_key();
	if (c != '[' && c != 'O')
		return;
	while ((c = wait_key()) >= '0' && c <= '9')
		parameter = (parameter * 10 + c - '0') & 0xff;
	escape(e, c, parameter);
}

static void remember(const char *text)
{
	if (*text && !(given && !strcmp(history[(given - 1) % HISTORY], text)))
		copy_string(history[given++ % HISTORY], text, LINE_SIZE);
}

bool read_line(const char *prompt, char line[LINE_SIZE])
{
	static bool after_cr; /* the LF of a CR LF ends no second line */
	struct edit e = { line, 0, 0, given };
	print("%s", prompt);
	for (;;) {
		int c = wait_key();
		bool second = c == LF && after_cr;
		after_cr = c == CR;
		if (second)
			continue;
		if (c == CR || c == LF)
			break;
		if (c == CTRL_C) {
			print("^C\n");
			return false;
		}
		if (c == ESC)
			read_escape(&e);
		else if (c < 32 || c == DEL)
			control(&e, c);
		else if (c < 127)
			insert(&e, (char)c);
	}
	line[e.length] = 0;
	print("\n");
	remember(line);
	return true;
}

void print_history(void)
{
	for (u32 i = given > HISTORY ? given - HISTORY : 0; i < given; i++)
		print("%4u  %s\n", i + 1, history[i % HISTORY]);
}
