@ Loops whose blocks lie in several pages: direct jumps and falling through over a page's end.
        .include "prelude.inc"
        vectors
start:  mov     r0, #1
        mov     r1, #0
outer:  mov     r2, #9
        b       second
        .org    0xff8
first:  add     r0, r0, r1, lsl #2
        eor     r0, r0, #0x40           @ falls through into the next page
        add     r1, r1, #1
        tst     r1, #3
        beq     third
        b       fourth
        .org    0x1ffc
second: subs    r2, r2, #1
        bmi     outer                   @ first of a page
        b       first
        .org    0x2800
third:  sub     r0, r0, r1, ror #3
        b       second
        .org    0x3ff4
fourth: tst     r0, #0x80
        addne   r0, r0, #3
        b       1f
        .org    0x5000
1:      eor     r0, r0, r0, lsl #1
        b       second
