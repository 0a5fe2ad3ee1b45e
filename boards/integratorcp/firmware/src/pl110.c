#include "board.h"
#include "clock.h"
#include "core_module.h"
#include "pl110.h"

/* VGA at 60 Hz: 25.175 MHz, per line 96 sync + 48 back + 640 + 16 front, per frame 2 + 33 + 480 + 10. */
#define HSW 96u
#define HBP 48u
#define HFP 16u
#define VSW 2u
#define VBP 33u
#define VFP 10u
#define TIM2_BCD (1u << 26) /* no divider: the CP's AUX oscillator makes the pixel clock itself */
#define TIM2_IPC (1u << 13)
#define TIM2_IHS (1u << 12)
#define TIM2_IVS (1u << 11)

/* CM_CTRL: the multiplexer behind the controller (DUI 0159, section 4.4). */
#define LCDMUXSEL_MASK (7u << 11)
#define LCDMUXSEL_VGA565 (2u << 11)
#define LCDEN0 (1u << 14)
#define LCDEN1 (1u << 15)
#define N24BITEN (1u << 19)

void lcd_on(u32 frame_buffer)
{
	core_module_control(LCDMUXSEL_VGA565 | LCDEN0 | LCDEN1 | N24BITEN, LCDMUXSEL_MASK);
	wr32(CLCD_BASE + LCD_CONTROL, 0);
	wr32(CLCD_BASE + LCD_IMSC, 0);
	wr32(CLCD_BASE + LCD_TIMING0, (HBP - 1) << 24 | (HFP - 1) << 16 | (HSW - 1) << 8 | (WIDTH / 16 - 1) << 2);
	wr32(CLCD_BASE + LCD_TIMING1, VBP << 24 | VFP << 16 | (VSW - 1) << 10 | (HEIGHT - 1));
	wr32(CLCD_BASE + LCD_TIMING2, TIM2_BCD | (WIDTH - 1) << 16 | TIM2_IPC | TIM2_IHS | TIM2_IVS);
	wr32(CLCD_BASE + LCD_TIMING3, 0);
	wr32(CLCD_BASE + LCD_UPBASE, frame_buffer);
	wr32(CLCD_BASE + LCD_LPBASE, frame_buffer);
	/* BGR puts red into the upper bits, the order of everybody's 5:6:5. Power only after the signals. */
	u32 control = LCDC_BPP16 | LCDC_TFT | LCDC_BGR | LCDC_EN;
	wr32(CLCD_BASE + LCD_CONTROL, control);
	wait_us(20000);
	wr32(CLCD_BASE + LCD_CONTROL, control | LCDC_PWR);
}

void lcd_off(void)
{
	u32 control = rd32(CLCD_BASE + LCD_CONTROL) & ~LCDC_PWR;
	wr32(CLCD_BASE + LCD_CONTROL, control);
	wr32(CLCD_BASE + LCD_CONTROL, control & ~LCDC_EN);
}
