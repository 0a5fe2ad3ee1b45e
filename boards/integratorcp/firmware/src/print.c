#include <stdarg.h>
#include "lib.h"
#include "print.h"
#include "uart.h"

static void pad(u32 used, u32 width, char with)
{
	while (used++ < width)
		console_put(with);
}

static u32 number_text(char *end, u32 value, u32 base)
{
	char *p = end;
	do
		*--p = "0123456789abcdef"[value % base];
	while (value /= base);
	return (u32)(end - p);
}

static void print_field(const char *text, u32 length, u32 width, bool left, char fill)
{
	if (!left)
		pad(length, width, fill);
	for (u32 i = 0; i < length; i++)
		console_put(text[i]);
	if (left)
		pad(length, width, ' ');
}

void print(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			console_put(*format);
			continue;
		}
		bool left = *++format == '-';
		if (left)
			format++;
		char fill = *format == '0' ? '0' : ' ';
		u32 width = 0;
		while (*format >= '0' && *format <= '9')
			width = width * 10 + (u32)(*format++ - '0');
		char buffer[12], *end = buffer + sizeof buffer;
		switch (*format) {
		case 's': {
			const char *s = va_arg(args, const char *);
			print_field(s, strlen(s), width, left, ' ');
			break;
		}
		case 'c':
			console_put((char)va_arg(args, int));
			break;
		case 'd': {
			s32 value = va_arg(args, s32);
			u32 n = number_text(end, value < 0 ? -(u32)value : (u32)value, 10);
			if (value < 0)
				end[-(s32)++n] = '-';
			print_field(end - n, n, width, left, fill);
			break;
		}
		case 'u':
		case 'x': {
			u32 n = number_text(end, va_arg(args, u32), *format == 'x' ? 16 : 10);
			print_field(end - n, n, width, left, fill);
			break;
		}
		case 0:
			va_end(args);
			return;
		default:
			console_put(*format);
		}
	}
	va_end(args);
}

void print_mac(const u8 *mac)
{
	for (u32 i = 0; i < 6; i++)
		print(i ? ":%02x" : "%02x", mac[i]);
}

void print_ip(u32 ip)
{
	print("%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}
