/* PL181 multimedia card interface (DDI 0172) and the SD card behind it. */
#ifndef MMC_H
#define MMC_H
#include "types.h"

#define SECTOR 512u

struct card {
	bool high_capacity; /* addressed by sectors rather than bytes */
	u32 rca, sectors, ocr;
	u32 cid[4], csd[4];
};

/* NULL, or why there is no card. Safe to call again: the card is started anew. */
const char *card_start(struct card *card);
/* NULL, or why the sector could not be read. */
const char *card_read(const struct card *card, u32 sector, void *to);

#endif
