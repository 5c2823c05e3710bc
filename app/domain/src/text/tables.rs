//! Character properties that decide where an invisible character is needed. The ranges are those of
//! Unicode 14; later versions only add to them. Each function names its property.

/// `Default_Ignorable_Code_Point`, `Bidi_Control`, line and paragraph separators, interlinear
/// annotations, hieroglyph format controls and noncharacters: characters that change a text without
/// being visible.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{13438}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

/// `Extended_Pictographic`: emoji, including code points reserved for future ones; digits, `#` and
/// `*` are excluded.
pub const fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
        | '\u{21A9}'..='\u{21AA}' | '\u{231A}'..='\u{231B}' | '\u{2328}' | '\u{2388}' | '\u{23CF}'
        | '\u{23E9}'..='\u{23F3}' | '\u{23F8}'..='\u{23FA}' | '\u{24C2}' | '\u{25AA}'..='\u{25AB}' | '\u{25B6}'
        | '\u{25C0}' | '\u{25FB}'..='\u{25FE}' | '\u{2600}'..='\u{2605}' | '\u{2607}'..='\u{2612}'
        | '\u{2614}'..='\u{2685}' | '\u{2690}'..='\u{2705}' | '\u{2708}'..='\u{2712}' | '\u{2714}' | '\u{2716}'
        | '\u{271D}' | '\u{2721}' | '\u{2728}' | '\u{2733}'..='\u{2734}' | '\u{2744}' | '\u{2747}' | '\u{274C}'
        | '\u{274E}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2763}'..='\u{2767}' | '\u{2795}'..='\u{2797}'
        | '\u{27A1}' | '\u{27B0}' | '\u{27BF}' | '\u{2934}'..='\u{2935}' | '\u{2B05}'..='\u{2B07}'
        | '\u{2B1B}'..='\u{2B1C}' | '\u{2B50}' | '\u{2B55}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1F0FF}' | '\u{1F10D}'..='\u{1F10F}' | '\u{1F12F}' | '\u{1F16C}'..='\u{1F171}'
        | '\u{1F17E}'..='\u{1F17F}' | '\u{1F18E}' | '\u{1F191}'..='\u{1F19A}' | '\u{1F1AD}'..='\u{1F1E5}'
        | '\u{1F201}'..='\u{1F20F}' | '\u{1F21A}' | '\u{1F22F}' | '\u{1F232}'..='\u{1F23A}'
        | '\u{1F23C}'..='\u{1F23F}' | '\u{1F249}'..='\u{1F3FA}' | '\u{1F400}'..='\u{1F53D}'
        | '\u{1F546}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6FF}' | '\u{1F774}'..='\u{1F77F}'
        | '\u{1F7D5}'..='\u{1F7FF}' | '\u{1F80C}'..='\u{1F80F}' | '\u{1F848}'..='\u{1F84F}'
        | '\u{1F85A}'..='\u{1F85F}' | '\u{1F888}'..='\u{1F88F}' | '\u{1F8AE}'..='\u{1F8FF}'
        | '\u{1F90C}'..='\u{1F93A}' | '\u{1F93C}'..='\u{1F945}' | '\u{1F947}'..='\u{1FAFF}'
        | '\u{1FC00}'..='\u{1FFFD}')
}

/// `Emoji_Modifier`: the five skin tones.
pub const fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// `Joining_Type=Dual_Joining` in the Arabic and Syriac blocks: joins the letter that follows.
pub const fn joins_on(c: char) -> bool {
    matches!(c,
        '\u{620}' | '\u{626}' | '\u{628}' | '\u{62A}'..='\u{62E}' | '\u{633}'..='\u{63F}' | '\u{641}'..='\u{647}'
        | '\u{649}'..='\u{64A}' | '\u{66E}'..='\u{66F}' | '\u{678}'..='\u{687}' | '\u{69A}'..='\u{6BF}'
        | '\u{6C1}'..='\u{6C2}' | '\u{6CC}' | '\u{6CE}' | '\u{6D0}'..='\u{6D1}' | '\u{6FA}'..='\u{6FC}' | '\u{6FF}'
        | '\u{712}'..='\u{714}' | '\u{71A}'..='\u{71D}' | '\u{71F}'..='\u{727}' | '\u{729}' | '\u{72B}'
        | '\u{72D}'..='\u{72E}' | '\u{74E}'..='\u{758}' | '\u{75C}'..='\u{76A}' | '\u{76D}'..='\u{770}' | '\u{772}'
        | '\u{775}'..='\u{777}' | '\u{77A}'..='\u{77F}' | '\u{886}' | '\u{889}'..='\u{88D}' | '\u{8A0}'..='\u{8A9}'
        | '\u{8AF}'..='\u{8B0}' | '\u{8B3}'..='\u{8B8}' | '\u{8BA}'..='\u{8C8}')
}

/// `Joining_Type=Right_Joining` in the Arabic and Syriac blocks: joins the letter before it only.
pub const fn joins_back(c: char) -> bool {
    matches!(c,
        '\u{622}'..='\u{625}' | '\u{627}' | '\u{629}' | '\u{62F}'..='\u{632}' | '\u{648}' | '\u{671}'..='\u{673}'
        | '\u{675}'..='\u{677}' | '\u{688}'..='\u{699}' | '\u{6C0}' | '\u{6C3}'..='\u{6CB}' | '\u{6CD}' | '\u{6CF}'
        | '\u{6D2}'..='\u{6D3}' | '\u{6D5}' | '\u{6EE}'..='\u{6EF}' | '\u{710}' | '\u{715}'..='\u{719}' | '\u{71E}'
        | '\u{728}' | '\u{72A}' | '\u{72C}' | '\u{72F}' | '\u{74D}' | '\u{759}'..='\u{75B}' | '\u{76B}'..='\u{76C}'
        | '\u{771}' | '\u{773}'..='\u{774}' | '\u{778}'..='\u{779}' | '\u{870}'..='\u{882}' | '\u{88E}'
        | '\u{8AA}'..='\u{8AC}' | '\u{8AE}' | '\u{8B1}'..='\u{8B2}' | '\u{8B9}')
}

/// `Joining_Type=Transparent` in the Arabic and Syriac blocks: vowel signs, which joining ignores.
pub const fn is_vowel_sign(c: char) -> bool {
    matches!(c,
        '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}'
        | '\u{6E7}'..='\u{6E8}' | '\u{6EA}'..='\u{6ED}' | '\u{711}' | '\u{730}'..='\u{74A}' | '\u{898}'..='\u{89F}'
        | '\u{8CA}'..='\u{8E1}' | '\u{8E3}'..='\u{8FF}')
}

/// `Indic_Syllabic_Category=Virama` of the scripts from Devanagari to Sinhala.
pub const fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94D}'
            | '\u{9CD}'
            | '\u{A4D}'
            | '\u{ACD}'
            | '\u{B4D}'
            | '\u{BCD}'
            | '\u{C4D}'
            | '\u{CCD}'
            | '\u{D4D}'
            | '\u{DCA}'
    )
}

/// Letters of the scripts from Devanagari to Sinhala, which share one layout; the nukta sign
/// belongs to its letter.
pub const fn is_indic_letter(c: char) -> bool {
    match c as u32 {
        block @ 0x0900..=0x0D7F => {
            matches!(block & 0x7F, 0x05..=0x39 | 0x3C | 0x58..=0x61 | 0x70..=0x71)
        }
        sinhala => matches!(sinhala, 0x0D85..=0x0DC6),
    }
}

/// `Unified_Ideograph`, in the planes that are or will be used for it.
pub const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFD}')
}

/// Letters of the Mongolian block.
pub const fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{1878}' | '\u{1887}'..='\u{18AA}')
}

/// Letters of Myanmar with a standardized dotted form.
pub const fn has_dotted_form(c: char) -> bool {
    matches!(
        c,
        '\u{1000}'
            | '\u{1002}'
            | '\u{1004}'
            | '\u{1010}'
            | '\u{1011}'
            | '\u{1015}'
            | '\u{1019}'
            | '\u{101A}'
            | '\u{101C}'
            | '\u{101D}'
            | '\u{1022}'
            | '\u{1031}'
            | '\u{1075}'
            | '\u{1078}'
            | '\u{107A}'
            | '\u{1080}'
            | '\u{AA60}'..='\u{AA66}' | '\u{AA6B}' | '\u{AA6C}' | '\u{AA6F}' | '\u{AA7A}'
    )
}
