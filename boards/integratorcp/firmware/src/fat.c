#include "board.h"
#include "fat.h"
#include "lib.h"
#include "uart.h"

static u8 buffer[SECTOR] __attribute__((aligned(4)));
static u8 fat_buffer[SECTOR] __attribute__((aligned(4)));
static u32 fat_held; /* sector in fat_buffer, 0 = none: sector 0 never holds a FAT */

static bool is_boot_sector(const u8 *s)
{
	u32 per_cluster = s[13];
	return (s[0] == 0xeb || s[0] == 0xe9) && le16(s + 11) == SECTOR && per_cluster &&
	       !(per_cluster & (per_cluster - 1)) && le16(s + 14) && s[16] >= 1 && s[16] <= 2;
}

static bool is_fat_type(u8 type)
{
	return type == 0x01 || type == 0x04 || type == 0x06 || type == 0x0b || type == 0x0c || type == 0x0e;
}

/* The sector of the volume: 0 without a partition table, else the first FAT partition. */
static const char *find_volume(struct volume *v)
{
	const char *wrong = card_read(&v->card, 0, buffer);
	if (wrong)
		return wrong;
	if (buffer[510] != 0x55 || buffer[511] != 0xaa)
		return "sector 0 has no signature";
	v->start = 0;
	if (is_boot_sector(buffer))
		return NULL;
	for (u32 i = 0; i < 4; i++) {
		const u8 *entry = buffer + 446 + 16 * i;
		if (!is_fat_type(entry[4]))
			continue;
		v->start = le32(entry + 8);
		wrong = card_read(&v->card, v->start, buffer);
		return wrong ? wrong : is_boot_sector(buffer) ? NULL : "the FAT partition has no boot sector";
	}
	return "no FAT partition";
}

const char *fat_open(struct volume *v)
{
	fat_held = 0;
	const char *wrong = card_start(&v->card);
	if (!wrong)
		wrong = find_volume(v);
	if (wrong)
		return wrong;
	u32 fat_sectors = le16(buffer + 22) ? le16(buffer + 22) : le32(buffer + 36);
	u32 total = le16(buffer + 19) ? le16(buffer + 19) : le32(buffer + 32);
	v->cluster_sectors = buffer[13];
	v->root_sectors = (le16(buffer + 17) * 32u + SECTOR - 1) / SECTOR;
	v->fat = v->start + le16(buffer + 14);
	v->root = v->fat + buffer[16] * fat_sectors;
	v->data = v->root + v->root_sectors;
	v->root_cluster = le32(buffer + 44);
	if (v->data - v->start > total)
		return "the boot sector contradicts itself";
	/* The number of clusters alone decides the type (specification, "FAT type determination"). */
	v->clusters = (total - (v->data - v->start)) / v->cluster_sectors;
	v->type = v->clusters < 4085 ? 12 : v->clusters < 65525 ? 16 : 32;
	return NULL;
}

static const char *read_fat_sector(struct volume *v, u32 sector)
{
	if (fat_held == sector)
		return NULL;
	fat_held = 0;
	const char *wrong = card_read(&v->card, sector, fat_buffer);
	if (!wrong)
		fat_held = sector;
	return wrong;
}

static u8 fat_byte(struct volume *v, u32 offset)
{
	return read_fat_sector(v, v->fat + offset / SECTOR) ? 0 : fat_buffer[offset % SECTOR];
}

/* The cluster after this one, or 0 at the end of the chain (and where the FAT cannot be read or is wrong). */
static u32 next_cluster(struct volume *v, u32 cluster)
{
	u32 at = v->type == 12 ? cluster + cluster / 2 : cluster * (v->type / 8);
	u32 next = fat_byte(v, at) | (u32)fat_byte(v, at + 1) << 8;
	if (v->type == 32)
		next |= (u32)fat_byte(v, at + 2) << 16 | (u32)(fat_byte(v, at + 3) & 0x0f) << 24;
	if (v->type == 12)
		next = cluster & 1 ? next >> 4 : next & 0xfff;
	return next >= 2 && next < v->clusters + 2 ? next : 0;
}

static u32 cluster_sector(const struct volume *v, u32 cluster)
{
	return v->data + (cluster - 2) * v->cluster_sectors;
}

/* Sector n of the root directory, or 0 behind its end. */
static u32 root_sector(struct volume *v, u32 n, u32 *cluster)
{
	if (v->type != 32)
		return n < v->root_sectors ? v->root + n : 0;
	if (n == 0)
		*cluster = v->root_cluster;
	else if (n % v->cluster_sectors == 0)
		*cluster = next_cluster(v, *cluster);
	if (*cluster < 2 || n >= 65536 * 32 / SECTOR)
		return 0;
	return cluster_sector(v, *cluster) + n % v->cluster_sectors;
}

static void short_name(const u8 *entry, char *name)
{
	for (u32 i = 0; i < 11; i++) {
		if (i == 8 && entry[8] != ' ')
			*name++ = '.';
		/* NT keeps "all small letters" of base and extension in byte 12. */
		if (entry[i] != ' ')
			*name++ = entry[12] & (i < 8 ? 0x08 : 0x10) ? lower((char)entry[i]) : (char)entry[i];
	}
	*name = 0;
}

static u8 short_name_sum(const u8 *entry)
{
	u8 sum = 0;
	for (u32 i = 0; i < 11; i++)
		sum = (u8)((sum << 7 | sum >> 1) + entry[i]);
	return sum;
}

/* A long name being put together from its entries, which come last part first. */
struct long_name {
	char text[NAME_SIZE];
	u8 sum, expected; /* expected: the next ordinal, 0 when complete, 0xff when none began */
};

static void add_long_part(struct long_name *l, const u8 *entry)
{
	static const u8 places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	u8 ordinal = entry[0] & 0x1f;
	if (entry[0] & 0x40) {
		memset(l->text, 0, sizeof l->text);
		l->sum = entry[13];
		l->expected = ordinal;
	}
	if (!ordinal || ordinal > 19 || ordinal != l->expected || entry[13] != l->sum) {
		l->expected = 0xff;
		return;
	}
	l->expected--;
	for (u32 i = 0; i < 13; i++) {
		u16 c = le16(entry + places[i]);
		l->text[(ordinal - 1u) * 13 + i] = c == 0xffff ? 0 : c < 127 ? (char)c : '?';
	}
}

enum { ATTR_VOLUME = 0x08, ATTR_DIRECTORY = 0x10, ATTR_LONG = 0x0f };

const char *fat_list(struct volume *v, bool (*see)(const struct file *f, void *context), void *context)
{
	static struct long_name long_name;
	static struct file f;
	long_name.expected = 0xff;
	u32 sector, cluster = 0;
	for (u32 n = 0; (sector = root_sector(v, n, &cluster)) != 0; n++) {
		const char *wrong = card_read(&v->card, sector, buffer);
		if (wrong)
			return wrong;
		for (const u8 *entry = buffer; entry < buffer + SECTOR; entry += 32) {
			if (!entry[0])
				return NULL;
			if (entry[0] != 0xe5 && (entry[11] & 0x3f) == ATTR_LONG) {
				add_long_part(&long_name, entry);
				continue;
			}
			bool has_long = long_name.expected == 0 && long_name.sum == short_name_sum(entry);
			long_name.expected = 0xff;
			if (entry[0] == 0xe5 || entry[11] & ATTR_VOLUME)
				continue;
			short_name(entry, f.short_name);
			copy_string(f.name, has_long ? long_name.text : f.short_name, NAME_SIZE);
			f.directory = (entry[11] & ATTR_DIRECTORY) != 0;
			f.cluster = (v->type == 32 ? (u32)le16(entry + 20) << 16 : 0) | le16(entry + 26);
			f.size = le32(entry + 28);
			f.date = le16(entry + 24);
			if (!see(&f, context))
				return NULL;
		}
	}
	return NULL;
}

struct search {
	const char *name;
	bool found;
	u32 cluster, size;
};

static bool is_it(const struct file *f, void *context)
{
	struct search *s = context;
	if (f->directory || (!same_name(f->name, s->name) && !same_name(f->short_name, s->name)))
		return true;
	s->found = true;
	s->cluster = f->cluster;
	s->size = f->size;
	return false;
}

const char *fat_load(struct volume *v, const char *name, u32 at, u32 limit, u32 *size)
{
	struct search s = { name, false, 0, 0 };
	const char *wrong = fat_list(v, is_it, &s);
	if (wrong)
		return wrong;
	if (!s.found)
		return "no such file";
	if (s.size > limit)
		return "the file does not fit";
	*size = s.size;
	u32 cluster = s.cluster;
	for (u32 done = 0, n = 0; done < s.size; done += SECTOR, n++) {
		if (n == v->cluster_sectors) {
			cluster = next_cluster(v, cluster);
			n = 0;
		}
		if (cluster < 2 || cluster >= v->clusters + 2)
			return "the file's cluster chain ends early";
		if (break_asked())
			return "stopped";
		wrong = card_read(&v->card, cluster_sector(v, cluster) + n, buffer);
		if (wrong)
			return wrong;
		memcpy((u8 *)at + done, buffer, MIN(SECTOR, s.size - done));
	}
	return NULL;
}
