//! The names of character classes.

/// The classes of POSIX, as in `[[:alpha:]]`.
pub(super) const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Unicode categories and scripts, as in `\p{Greek}`, without separators of words; only the first
/// letter is a capital.
const UNICODE: &str = "\
    Adlam Ahom Anatolianhieroglyphs Any Arabic Armenian Ascii Assigned Avestan Balinese Bamum \
    Bassavah Batak Bengali Beriaerfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid C \
    Canadianaboriginal Carian Casedletter Caucasianalbanian Cc Cf Chakma Cham Cherokee \
    Chorasmian Closepunctuation Cn Cntrl Co Combiningmark Common Connectorpunctuation Control \
    Coptic Cs Cuneiform Currencysymbol Cypriot Cyprominoan Cyrillic Dashpunctuation \
    Decimalnumber Deseret Devanagari Digit Divesakuru Dogra Duployan Egyptianhieroglyphs Elbasan \
    Elymaic Enclosingmark Ethiopic Finalpunctuation Format Garay Georgian Glagolitic Gothic \
    Grantha Greek Gujarati Gunjalagondi Gurmukhi Gurungkhema Han Hangul Hanifirohingya Hanunoo \
    Hatran Hebrew Hiragana Imperialaramaic Inherited Initialpunctuation Inscriptionalpahlavi \
    Inscriptionalparthian Javanese Kaithi Kannada Katakana Kawi Kayahli Kharoshthi \
    Khitansmallscript Khmer Khojki Khudawadi Kiratrai L Lao Latin Lc Lepcha Letter Letternumber \
    Limbu Lineara Linearb Lineseparator Lisu Ll Lm Lo Lowercaseletter Lt Lu Lycian Lydian M \
    Mahajani Makasar Malayalam Mandaic Manichaean Marchen Mark Masaramgondi Mathsymbol Mc Me \
    Medefaidrin Meeteimayek Mendekikakui Meroiticcursive Meroitichieroglyphs Miao Mn Modi \
    Modifierletter Modifiersymbol Mongolian Mro Multani Myanmar N Nabataean Nagmundari \
    Nandinagari Nd Newa Newtailue Nko Nl No Nonspacingmark Number Nushu Nyiakengpuachuehmong \
    Ogham Olchiki Oldhungarian Olditalic Oldnortharabian Oldpermic Oldpersian Oldsogdian \
    Oldsoutharabian Oldturkic Olduyghur Olonal Openpunctuation Oriya Osage Osmanya Other \
    Otherletter Othernumber Otherpunctuation Othersymbol P Pahawhhmong Palmyrene \
    Paragraphseparator Paucinhau Pc Pd Pe Pf Phagspa Phoenician Pi Po Privateuse Ps \
    Psalterpahlavi Punct Punctuation Rejang Runic S Samaritan Saurashtra Sc Separator Sharada \
    Shavian Siddham Sidetic Signwriting Sinhala Sk Sm So Sogdian Sorasompeng Soyombo \
    Spaceseparator Spacingmark Sundanese Sunuwar Surrogate Sylotinagri Symbol Syriac Tagalog \
    Tagbanwa Taile Taitham Taiviet Taiyo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan \
    Tifinagh Tirhuta Titlecaseletter Todhri Tolongsiki Toto Tulutigalari Ugaritic Unassigned \
    Uppercaseletter Vai Vithkuqi Wancho Warangciti Yezidi Yi Z Zanabazarsquare Zl Zp Zs";

/// Whether `\p{name}` is a class.
pub(super) fn has(name: &str) -> bool {
    let mut letters = name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' '));
    let Some(first) = letters.next() else { return false };
    let rest = letters.map(|letter| letter.to_ascii_lowercase());
    let name: String = std::iter::once(first.to_ascii_uppercase()).chain(rest).collect();
    UNICODE.split(' ').any(|class| class == name)
}
