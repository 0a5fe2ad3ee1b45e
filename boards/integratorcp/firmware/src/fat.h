/* FAT12, FAT16 and FAT32, read only, root directory (Microsoft "FAT32 File System Specification" 1.03). */
#ifndef FAT_H
#define FAT_H
#include "mmc.h"
#include "types.h"

#define NAME_SIZE 256u

struct volume {
	struct card card;
	u32 type; /* 12, 16 or 32 */
	u32 start, fat, root, data; /* sectors */
	u32 root_sectors, root_cluster, cluster_sectors, clusters;
};

struct file {
	char name[NAME_SIZE]; /* the long name where there is one */
	char short_name[13];
	bool directory;
	u32 cluster, size, date;
};

/* NULL, or why there is no volume. */
const char *fat_open(struct volume *v);
/* Gives each entry of the root directory until `see` answers false. */
const char *fat_list(struct volume *v, bool (*see)(const struct file *f, void *context), void *context);
/* Reads a whole file to memory; NULL or what went wrong. */
const char *fat_load(struct volume *v, const char *name, u32 at, u32 limit, u32 *size);

#endif
