@ A device that writes over code in the middle of a loop, which drops the region that runs.
        .include "prelude.inc"
        vectors
start:  ldr     r8, =DEVICE
        mov     r0, #0
        mov     r1, #5
        mov     r9, #0
        ldr     r4, =words
        ldr     r10, =DATA
        ldr     r11, =target            @ another page's code, or this one's
        adr     r12, here
        eor     r12, r12, r11
outer:  add     r9, r9, #1
        bl      target
        tst     r9, #0xff
        movne   r2, r10                 @ data, most times: the way is the same
        moveq   r2, r11
        eoreq   r11, r11, r12
        str     r2, [r8, #DMA_ADDRESS]
        and     r3, r9, #0x200
        ldr     r3, [r4, r3, lsr #7]    @ the one or the other
        str     r3, [r8, #DMA_DATA]
        add     r0, r0, r9
        b       here
here:   add     r0, r0, r1
        b       outer
        .ltorg
words:  eor     r0, r0, r1, lsl #3
        add     r0, r0, r1, ror #9
        .org    0x1100
target: add     r0, r0, r1
        eor     r0, r0, r0, ror #21
        bx      lr
