#include "fdt.h"
#include "lib.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
#define MAGIC 0xd00dfeedu
#define HEADER 40u

/* Names added behind the tree's own string block. */
static const char added[] = "bootargs\0linux,initrd-start\0linux,initrd-end";
enum { NAME_BOOTARGS = 0, NAME_START = 9, NAME_END = 28 };

struct copy {
	const u8 *from;
	u8 *to;
	u32 used, limit, strings_size;
	bool full;
};

static u32 aligned(u32 n) { return (n + 3) & ~3u; }

static void put_bytes(struct copy *c, const void *data, u32 length)
{
	if (c->full || c->used + aligned(length) > c->limit) {
		c->full = true;
		return;
	}
	memset(c->to + c->used, 0, aligned(length));
	memcpy(c->to + c->used, data, length);
	c->used += aligned(length);
}

static void put_word(struct copy *c, u32 value)
{
	u8 word[4];
	put_be32(word, value);
	put_bytes(c, word, 4);
}

static void put_property(struct copy *c, u32 name, const void *value, u32 length)
{
	put_word(c, PROP);
	put_word(c, length);
	put_word(c, c->strings_size + name);
	put_bytes(c, value, length);
}

static void put_chosen(struct copy *c, const struct fdt_edit *edit)
{
	u8 word[4];
	if (edit->bootargs)
		put_property(c, NAME_BOOTARGS, edit->bootargs, strlen(edit->bootargs) + 1);
	if (edit->initrd_end) {
		put_be32(word, edit->initrd_start);
		put_property(c, NAME_START, word, 4);
		put_be32(word, edit->initrd_end);
		put_property(c, NAME_END, word, 4);
	}
}

/* True for a property of /chosen that put_chosen wrote already. */
static bool replaced(const char *name, const struct fdt_edit *edit)
{
	return (edit->bootargs && !strcmp(name, "bootargs")) ||
	       (edit->initrd_end && (!strcmp(name, "linux,initrd-start") || !strcmp(name, "linux,initrd-end")));
}

static bool is_memory(const char *name)
{
	return !strcmp(name, "memory") || starts_with(name, "memory@");
}

/* Walks the structure block; false when it is malformed. */
static bool copy_structure(struct copy *c, u32 at, u32 end, u32 strings, const struct fdt_edit *edit)
{
	u32 depth = 0;
	bool chosen = false, memory = false, chosen_seen = false;
	while (at + 4 <= end && !c->full) {
		u32 token = be32(c->from + at);
		at += 4;
		if (token == BEGIN_NODE) {
			const char *name = (const char *)c->from + at;
			u32 length = 0;
			while (at + length < end && name[length])
				length++;
			if (at + length >= end)
				return false;
			depth++;
			put_word(c, BEGIN_NODE);
			put_bytes(c, name, length + 1);
			at += aligned(length + 1);
			chosen = depth == 2 && !strcmp(name, "chosen");
			memory = depth == 2 && is_memory(name);
			if (chosen) {
				chosen_seen = true;
				put_chosen(c, edit);
			}
		} else if (token == END_NODE) {
			if (!depth)
				return false;
			if (depth == 1 && !chosen_seen) {
				put_word(c, BEGIN_NODE);
				put_bytes(c, "chosen", 7);
				put_chosen(c, edit);
				put_word(c, END_NODE);
			}
			depth--;
			chosen = memory = false;
			put_word(c, END_NODE);
		} else if (token == PROP) {
			if (at + 8 > end)
				return false;
			u32 length = be32(c->from + at), name_at = be32(c->from + at + 4);
			if (length > end - at - 8 || name_at >= c->strings_size)
				return false;
			const char *name = (const char *)c->from + strings + name_at;
			const u8 *value = c->from + at + 8;
			at += 8 + aligned(length);
			if (chosen && replaced(name, edit))
				continue;
			put_word(c, PROP);
			put_word(c, length);
			put_word(c, name_at);
			if (memory && !strcmp(name, "reg") && length == 8) {
				put_word(c, 0);
				put_word(c, edit->memory_size);
			} else {
				put_bytes(c, value, length);
			}
		} else if (token == END) {
			put_word(c, END);
			return depth == 0;
		} else if (token != NOP) {
			return false;
		}
	}
	return false;
}

bool is_fdt(u32 at)
{
	return be32((const u8 *)at) == MAGIC;
}

u32 fdt_copy(u32 from, u32 to, u32 limit, const struct fdt_edit *edit)
{
	const u8 *h = (const u8 *)from;
	u32 total = be32(h + 4), structure = be32(h + 8), strings = be32(h + 12), reserve = be32(h + 16);
	u32 structure_size = be32(h + 36), strings_size = be32(h + 32);
	if (be32(h) != MAGIC || total > limit || structure > total || structure_size > total - structure ||
	    strings > total || strings_size > total - strings || reserve >= total || (structure | reserve) & 3)
		return 0;
	struct copy c = { h, (u8 *)to, HEADER, limit, strings_size, false };
	/* The reservation block ends with an entry of zeros. */
	u32 r = reserve;
	while (r + 16 <= total && (be32(h + r) | be32(h + r + 4) | be32(h + r + 8) | be32(h + r + 12)))
		r += 16;
	u32 reserve_to = c.used;
	put_bytes(&c, h + reserve, r - reserve + 16);
	u32 structure_to = c.used;
	if (!copy_structure(&c, structure, structure + structure_size, strings, edit))
		return 0;
	u32 structure_used = c.used - structure_to, strings_to = c.used;
	if (c.full || c.used + strings_size + sizeof added > limit)
		return 0;
	memcpy(c.to + strings_to, h + strings, strings_size);
	memcpy(c.to + strings_to + strings_size, added, sizeof added);
	u32 size = aligned(strings_to + strings_size + sizeof added);
	const u32 header[10] = { MAGIC, size, structure_to, strings_to, reserve_to, 17, 16, be32(h + 28),
				 strings_size + sizeof added, structure_used };
	for (u32 i = 0; i < 10; i++)
		put_be32(c.to + 4 * i, header[i]);
	return size;
}
