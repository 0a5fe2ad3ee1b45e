/* sdls and sdload. */
#include "clock.h"
#include "command.h"
#include "fat.h"
#include "lib.h"
#include "load.h"
#include "print.h"

static struct volume volume;

static bool print_file(const struct file *f, void *context)
{
	u32 d = f->date; /* FAT keeps years from 1980 */
	print("%10u  %04u-%02u-%02u  %-12s  %s%s\n", f->size, 1980 + (d >> 9), d >> 5 & 15, d & 31, f->short_name,
	      f->name, f->directory ? "/" : "");
	(*(u32 *)context)++;
	return true;
}

int sdls_command(int argc, char **argv)
{
	u32 files = 0;
	const char *wrong = fat_open(&volume);
	if (!wrong) {
		const u32 *cid = volume.card.cid;
		char product[6] = { (char)cid[0], (char)(cid[1] >> 24), (char)(cid[1] >> 16), (char)(cid[1] >> 8),
				    (char)cid[1], 0 };
		print("card \"%s\", %u KB, %s; FAT%u at sector %u, %u clusters of %u bytes\n", product,
		      volume.card.sectors / 2, volume.card.high_capacity ? "SDHC" : "SDSC", volume.type, volume.start,
		      volume.clusters, volume.cluster_sectors * SECTOR);
		wrong = fat_list(&volume, print_file, &files);
	}
	if (wrong)
		print("sd: %s\n", wrong);
	else
		print("%u entries\n", files);
	return 0;
}

const char *load_from_card(const char *name, u32 at, u32 limit, u32 *size)
{
	const char *wrong = fat_open(&volume);
	return wrong ? wrong : fat_load(&volume, name, at, limit, size);
}

int sdload_command(int argc, char **argv)
{
	u32 at;
	if (argc != 3 || !parse_hex(argv[2], &at))
		return -1;
	load_and_report(load_from_card, argv[1], at);
	return 0;
}
