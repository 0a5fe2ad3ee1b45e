/* PL110 colour LCD controller (DDI 0161) as the CP wires it: 640x480 VGA, 16 bits 5:6:5. */
#ifndef PL110_H
#define PL110_H
#include "types.h"

#define LCD_TIMING0 0x00u
#define LCD_TIMING1 0x04u
#define LCD_TIMING2 0x08u
#define LCD_TIMING3 0x0cu
#define LCD_UPBASE 0x10u
#define LCD_LPBASE 0x14u
#define LCD_IMSC 0x18u
#define LCD_CONTROL 0x1cu
#define LCD_RIS 0x20u
#define LCD_MIS 0x24u
#define LCD_UPCURR 0x2cu
#define LCD_PALETTE 0x200u
#define LCDC_EN (1u << 0)
#define LCDC_BPP16 (4u << 1)
#define LCDC_TFT (1u << 5)
#define LCDC_BGR (1u << 8)
#define LCDC_PWR (1u << 11)
#define WIDTH 640u
#define HEIGHT 480u

void lcd_on(u32 frame_buffer);
void lcd_off(void);

#endif
