#include "board.h"
#include "clock.h"
#include "lib.h"
#include "mmc.h"

#define POWER (MMCI_BASE + 0x00u)
#define CLOCK (MMCI_BASE + 0x04u)
#define ARGUMENT (MMCI_BASE + 0x08u)
#define COMMAND (MMCI_BASE + 0x0cu)
#define RESPONSE(n) (MMCI_BASE + 0x14u + 4 * (n))
#define DATA_TIMER (MMCI_BASE + 0x24u)
#define DATA_LENGTH (MMCI_BASE + 0x28u)
#define DATA_CTRL (MMCI_BASE + 0x2cu)
#define STATUS (MMCI_BASE + 0x34u)
#define CLEAR (MMCI_BASE + 0x38u)
#define MASK0 (MMCI_BASE + 0x3cu)
#define MASK1 (MMCI_BASE + 0x40u)
#define FIFO (MMCI_BASE + 0x80u)

#define CMD_RESPONSE (1u << 6)
#define CMD_LONG (1u << 7)
#define CMD_ENABLE (1u << 10)
#define ST_CMD_CRC (1u << 0)
#define ST_DATA_CRC (1u << 1)
#define ST_CMD_TIMEOUT (1u << 2)
#define ST_DATA_TIMEOUT (1u << 3)
#define ST_RX_OVERRUN (1u << 5)
#define ST_CMD_END (1u << 6)
#define ST_CMD_SENT (1u << 7)
#define ST_START_BIT (1u << 9)
#define ST_HALF_FULL (1u << 15)
#define ST_RX_AVAILABLE (1u << 21)
#define CLEAR_ALL 0x7ffu
#define CLK_ENABLE (1u << 8)
#define DIV_400K 0x13u /* MCLK 16 MHz / (2 * (19 + 1)) */
#define DIV_8M 0x00u
#define OCR_BUSY (1u << 31)
#define OCR_CCS (1u << 30)
#define OCR_3V3 0x00ff8000u

enum response { NONE = 0, R1 = CMD_RESPONSE, R2 = CMD_RESPONSE | CMD_LONG, R3 = CMD_RESPONSE };

static bool command(u32 index, u32 argument, enum response response)
{
	wr32(CLEAR, CLEAR_ALL);
	wr32(COMMAND, 0);
	wr32(ARGUMENT, argument);
	wr32(COMMAND, index | response | CMD_ENABLE);
	u32 done = response ? ST_CMD_END | ST_CMD_CRC | ST_CMD_TIMEOUT : ST_CMD_SENT;
	u32 start = ticks(), status;
	while (!((status = rd32(STATUS)) & done))
		if (passed(start, 100000))
			break;
	wr32(CLEAR, CLEAR_ALL);
	/* R3 carries no CRC, so the controller reports a wrong one: that counts as an answer. */
	return status & (ST_CMD_END | ST_CMD_SENT) ||
	       (status & ST_CMD_CRC && (index == 41));
}

static bool application_command(u32 rca, u32 index, u32 argument, enum response response)
{
	return command(55, rca << 16, R1) && command(index, argument, response);
}

static void long_response(u32 *to)
{
	for (u32 i = 0; i < 4; i++)
		to[i] = rd32(RESPONSE(i));
}

/* Bits [high:low] of a 128-bit register, word 0 the most significant. */
static u32 field(const u32 *words, u32 high, u32 low)
{
	u32 value = 0;
	for (u32 bit = high + 1; bit-- > low;)
		value = value << 1 | (words[3 - bit / 32] >> bit % 32 & 1);
	return value;
}

/* SD physical layer specification, section 5.3. */
static u32 capacity(const u32 *csd)
{
	if (field(csd, 127, 126) == 1)
		return (field(csd, 69, 48) + 1) << 10;
	u32 blocks = (field(csd, 73, 62) + 1) << (field(csd, 49, 47) + 2);
	return blocks << field(csd, 83, 80) >> 9;
}

/* ACMD41 until the card is ready: a second by the specification. */
static bool wait_ready(struct card *card, bool version2)
{
	u32 start = ticks();
	do {
		if (!application_command(0, 41, OCR_3V3 | (version2 ? OCR_CCS : 0), R3))
			return false;
		card->ocr = rd32(RESPONSE(0));
		if (card->ocr & OCR_BUSY)
			return true;
	} while (!passed(start, 1000000));
	return false;
}

const char *card_start(struct card *card)
{
	memset(card, 0, sizeof *card);
	wr32(MASK0, 0);
	wr32(MASK1, 0);
	wr32(DATA_CTRL, 0);
	wr32(COMMAND, 0);
	wr32(POWER, 0x2); /* power up, then on */
	wr32(CLOCK, CLK_ENABLE | DIV_400K);
	wait_us(1000);
	wr32(POWER, 0x3);
	wait_us(1000); /* 74 clocks at 400 kHz take 185 us */

	command(0, 0, NONE);
	bool version2 = command(8, 0x1aa, R1) && (rd32(RESPONSE(0)) & 0xfff) == 0x1aa;
	if (!wait_ready(card, version2))
		return "no card answers ACMD41";
	card->high_capacity = (card->ocr & OCR_CCS) != 0;
	if (!command(2, 0, R2))
		return "no answer to CMD2 (identification)";
	long_response(card->cid);
	if (!command(3, 0, R1))
		return "no answer to CMD3 (relative address)";
	card->rca = rd32(RESPONSE(0)) >> 16;
	if (!command(9, card->rca << 16, R2))
		return "no answer to CMD9 (card-specific data)";
	long_response(card->csd);
	card->sectors = capacity(card->csd);
	if (!command(7, card->rca << 16, R1))
		return "no answer to CMD7 (select)";
	if (!command(16, SECTOR, R1))
		return "no answer to CMD16 (block length)";
	wr32(CLOCK, CLK_ENABLE | DIV_8M);
	return NULL;
}

static const char *receive_sector(u32 *to)
{
	const u32 errors = ST_DATA_CRC | ST_DATA_TIMEOUT | ST_RX_OVERRUN | ST_START_BIT;
	u32 start = ticks();
	for (u32 left = SECTOR / 4; left;) {
		u32 status = rd32(STATUS);
		/* Half full: eight words may be taken without looking again. */
		u32 burst = status & ST_HALF_FULL && left >= 8 ? 8 : status & ST_RX_AVAILABLE ? 1 : 0;
		if (!burst && status & errors)
			return status & ST_DATA_TIMEOUT ? "data timeout" : "data error";
		if (!burst && passed(start, 500000))
			return "no data";
		for (; burst; burst--, left--)
			*to++ = rd32(FIFO);
	}
	return NULL;
}

const char *card_read(const struct card *card, u32 sector, void *to)
{
	wr32(DATA_TIMER, 0x00ffffff);
	wr32(DATA_LENGTH, SECTOR);
	wr32(DATA_CTRL, 9 << 4 | 1 << 1 | 1); /* blocks of 2^9, from card, enabled */
	const char *wrong = "no answer to CMD17";
	if (command(17, card->high_capacity ? sector : sector * SECTOR, R1))
		wrong = receive_sector(to);
	wr32(DATA_CTRL, 0);
	wr32(CLEAR, CLEAR_ALL);
	return wrong;
}
