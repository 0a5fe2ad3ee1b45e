/* The test picture: a frame, eight colour bars, gradients of red, green, blue and grey, a line of text. */
#include "board.h"
#include "command.h"
#include "font.h"
#include "lib.h"
#include "pl110.h"
#include "print.h"

static u16 rgb(u32 r, u32 g, u32 b)
{
	return (u16)((r >> 3) << 11 | (g >> 2) << 5 | b >> 3);
}

static void fill(u32 x, u32 y, u32 width, u32 height, u16 colour)
{
	for (u32 j = y; j < y + height; j++)
		for (u32 i = x; i < x + width; i++)
			((volatile u16 *)FRAME_BUFFER)[j * WIDTH + i] = colour;
}

static void draw_text(u32 x, u32 y, u32 scale, u16 colour, const char *text)
{
	for (; *text; text++, x += 4 * scale) {
		u32 bits = glyph(*text);
		for (u32 i = 0; i < 15; i++)
			if (bits >> (14 - i) & 1)
				fill(x + i % 3 * scale, y + i / 3 * scale, scale, scale, colour);
	}
}

static void draw_picture(void)
{
	u16 white = rgb(255, 255, 255);
	fill(0, 0, WIDTH, HEIGHT, 0);
	/* White, yellow, cyan, green, magenta, red, blue, black: bit 1 of each colour by its own weight. */
	for (u32 bar = 0; bar < 8; bar++)
		fill(bar * 80, 0, 80, 240, rgb(bar & 2 ? 0 : 255, bar & 4 ? 0 : 255, bar & 1 ? 0 : 255));
	for (u32 x = 0; x < WIDTH; x++) {
		u32 v = x * 256 / WIDTH;
		fill(x, 250, 1, 30, rgb(v, 0, 0));
		fill(x, 280, 1, 30, rgb(0, v, 0));
		fill(x, 310, 1, 30, rgb(0, 0, v));
		fill(x, 340, 1, 30, rgb(v, v, v));
	}
	draw_text(32, 390, 9, white, "INTEGRATOR/CP");
	draw_text(32, 448, 4, rgb(255, 192, 0), "EMU BOOT MONITOR  640X480  5-6-5");
	fill(0, 0, WIDTH, 1, white);
	fill(0, HEIGHT - 1, WIDTH, 1, white);
	fill(0, 0, 1, HEIGHT, white);
	fill(WIDTH - 1, 0, 1, HEIGHT, white);
}

int lcd_command(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "off")) {
		lcd_off();
		return 0;
	}
	if (argc != 1)
		return -1;
	draw_picture();
	lcd_on(FRAME_BUFFER);
	print("640x480, 16 bits 5:6:5, frame buffer %08x\n", FRAME_BUFFER);
	return 0;
}
