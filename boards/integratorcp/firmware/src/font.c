#include "font.h"
#include "lib.h"

static const u16 letters[26] = {
	025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755, 072227, 011152, 055655, 044447, 057755, /* A-M */
	065555, 025552, 065644, 025563, 065655, 034216, 072222, 055557, 055552, 055775, 055255, 055222, 071247, /* N-Z */
};
static const u16 figures[10] = { 075557, 026227, 061247, 061216, 055711, 074616, 034757, 071222, 075757, 075716 };

u32 glyph(char c)
{
	c = lower(c);
	if (c >= 'a' && c <= 'z')
		return letters[c - 'a'];
	if (c >= '0' && c <= '9')
		return figures[c - '0'];
	switch (c) {
	case '.': return 000002;
	case '-': return 000700;
	case '/': return 011244;
	case ':': return 002020;
	default: return 0;
	}
}
