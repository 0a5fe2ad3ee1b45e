@ Code that overwrites itself now and then: ahead in the same block, in another block, behind.
        .include "prelude.inc"
        vectors
start:  mov     r0, #0
        mov     r1, #3
        mov     r9, #0
        ldr     r10, =DATA
        adr     r4, places
        adr     r3, words
outer:  add     r9, r9, #1
        and     r5, r9, #0x300
        ldr     r7, [r4, r5, lsr #6]
        tst     r9, #0xff
        movne   r7, r10                 @ data, most times: the way is the same
        and     r5, r9, #0x400
        ldr     r5, [r3, r5, lsr #8]
        eor     r0, r0, r9
        str     r5, [r7]
ahead:  add     r0, r0, r1
        bl      other
        tst     r0, #1
        bne     outer
behind: add     r0, r0, r1
        b       outer
places: .word   ahead, other, behind, behind
words:  eor     r0, r0, r1, lsl #2
        sub     r0, r0, r1, ror #4
        .ltorg
        .org    0x1080
other:  add     r0, r0, r1
        eor     r0, r0, r0, lsr #9
        bx      lr
