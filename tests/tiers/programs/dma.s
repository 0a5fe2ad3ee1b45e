@ A device that writes over code in the middle of a loop, which drops the region that runs.
        .include "prelude.inc"
        vectors
start:  ldr     r8, =DEVICE
        mov     r0, #0
        mov     r1, #5
        mov     r9, #0
        ldr     r4, =words
outer:  add     r9, r9, #1
        bl      target
        tst     r9, #0x7f
        bne     outer
        ldr     r2, =target
        str     r2, [r8, #DMA_ADDRESS]
        and     r3, r9, #0x80
        ldr     r3, [r4, r3, lsr #5]
        str     r3, [r8, #DMA_DATA]     @ another page's code
        adr     r2, here
        str     r2, [r8, #DMA_ADDRESS]
        str     r3, [r8, #DMA_DATA]     @ this page's, behind and ahead of the next instruction's end
        add     r0, r0, r9
        b       here
here:   add     r0, r0, r1
        b       outer
        .ltorg
words:  eor     r0, r0, r1, lsl #3
        nop
        nop
        nop
        add     r0, r0, r1, ror #9
        .org    0x1100
target: add     r0, r0, r1
        eor     r0, r0, r0, ror #21
        bx      lr
