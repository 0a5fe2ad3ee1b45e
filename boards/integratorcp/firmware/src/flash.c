#include "board.h"
#include "clock.h"
#include "exception.h"
#include "flash.h"

enum { READ_ARRAY = 0xff, QUERY = 0x98, READ_STATUS = 0x70, CLEAR_STATUS = 0x50 };
enum { ERASE = 0x20, CONFIRM = 0xd0, PROGRAM = 0x40 };
enum { SR_READY = 0x80, SR_ERASE = 0x20, SR_PROGRAM = 0x10, SR_VPP = 0x08, SR_LOCKED = 0x02 };
#define CP_FLASHPROG (CPCR_BASE + 4)
#define FLASHVPPEN 1u
#define FLASHWREN 2u

static void write_enable(bool on)
{
	wr32(CP_FLASHPROG, on ? FLASHVPPEN | FLASHWREN : 0);
}

/* A command to every chip on the bus. */
static void order(const struct cfi *f, u32 offset, u32 command)
{
	if (f->width == 4)
		wr32(FLASH_BASE + offset, f->chips == 2 ? command << 16 | command : command);
	else
		wr16(FLASH_BASE + offset, (u16)command);
}

/* Byte n of the query table, from the first chip. */
static u32 query_byte(const struct cfi *f, u32 n)
{
	u32 at = FLASH_BASE + n * f->width;
	return (f->width == 4 ? rd32(at) : rd16(at)) & 0xff;
}

static bool answers(const struct cfi *f)
{
	order(f, 0x55 * f->width, QUERY);
	bool qry = query_byte(f, 0x10) == 'Q' && query_byte(f, 0x11) == 'R' && query_byte(f, 0x12) == 'Y';
	if (qry && f->chips == 2)
		qry = rd32(FLASH_BASE + 0x10 * 4) >> 16 == 'Q';
	return qry;
}

bool cfi_query(struct cfi *f)
{
	static const struct cfi shapes[] = {
		{ .width = 4, .chips = 2 },
		{ .width = 4, .chips = 1 },
		{ .width = 2, .chips = 1 },
	};
	u32 word;
	bool found = false;
	if (!probe32(FLASH_BASE, &word))
		return false;
	write_enable(true);
	for (u32 i = 0; i < COUNT_OF(shapes) && !found; i++) {
		*f = shapes[i];
		found = answers(f);
		if (found) {
			f->command_set = query_byte(f, 0x13) | query_byte(f, 0x14) << 8;
			f->size = f->chips << query_byte(f, 0x27);
			f->blocks = (query_byte(f, 0x2d) | query_byte(f, 0x2e) << 8) + 1;
			f->block_size = (query_byte(f, 0x2f) << 8 | query_byte(f, 0x30) << 16) * f->chips;
		}
		order(f, 0, READ_ARRAY);
	}
	write_enable(false);
	return found;
}

u32 flash_status(const struct cfi *f)
{
	order(f, 0, READ_STATUS);
	u32 status = f->width == 4 ? rd32(FLASH_BASE) : rd16(FLASH_BASE);
	return f->chips == 2 ? status >> 16 & status & SR_READY ? (status >> 16 | status) & 0xff : 0 : status & 0xff;
}

static const char *finish(const struct cfi *f, u32 us)
{
	u32 start = ticks(), status;
	while (!((status = flash_status(f)) & SR_READY))
		if (passed(start, us))
			break;
	order(f, 0, CLEAR_STATUS);
	order(f, 0, READ_ARRAY);
	if (!(status & SR_READY))
		return "never became ready";
	if (status & (SR_VPP | SR_LOCKED))
		return "is write-protected";
	return status & SR_ERASE ? "erase error" : status & SR_PROGRAM ? "program error" : (const char *)NULL;
}

const char *flash_erase(const struct cfi *f, u32 offset)
{
	write_enable(true);
	order(f, 0, CLEAR_STATUS);
	order(f, offset, ERASE);
	order(f, offset, CONFIRM);
	const char *wrong = finish(f, 5000000); /* 28F640J3: at most 5 s */
	write_enable(false);
	return wrong;
}

const char *flash_program(const struct cfi *f, u32 offset, const u32 *words, u32 count)
{
	const char *wrong = NULL;
	write_enable(true);
	order(f, 0, CLEAR_STATUS);
	for (u32 i = 0; i < count && !wrong; i++) {
		if (words[i] == 0xffffffff)
			continue;
		for (u32 part = 0; part < 4 && !wrong; part += f->width) {
			u32 at = offset + 4 * i + part;
			order(f, at, PROGRAM);
			if (f->width == 4)
				wr32(FLASH_BASE + at, words[i]);
			else
				wr16(FLASH_BASE + at, (u16)(words[i] >> 8 * part));
			wrong = finish(f, 10000);
		}
	}
	write_enable(false);
	return wrong;
}
