//! Area codes of `+1` and the time zones behind them.
//!
//! Twenty-five countries and territories share the code; an area code tells them apart, and within
//! Canada and the United States mostly tells the zone. One that spreads over two zones has that in
//! which most of its people live. An area code that is not here, new or not bound to a place, counts
//! as US Eastern, where most people of `+1` live.

/// The zone of an area code that is not in the table.
pub(super) const ELSEWHERE: &str = "America/New_York";

/// Zones, and the area codes in each, sorted.
pub(super) const AREA_CODES: &[(&str, &[u16])] = &[
    // Manitoba.
    ("America/Winnipeg", &[204, 431, 584]),
    // Ontario and Quebec.
    (
        "America/Toronto",
        &[
            226, 249, 263, 289, 343, 354, 365, 367, 382, 416, 418, 437, 438, 450, 468, 514, 519,
            548, 579, 581, 613, 647, 683, 705, 742, 753, 807, 819, 873, 905, 942,
        ],
    ),
    // British Columbia.
    ("America/Vancouver", &[236, 250, 257, 604, 672, 778]),
    // Alberta; Northwest Territories, Yukon and Nunavut share 867, and most of them are on its
    // time.
    ("America/Edmonton", &[368, 403, 587, 780, 825, 867]),
    // Saskatchewan.
    ("America/Regina", &[306, 474, 639]),
    // New Brunswick.
    ("America/Moncton", &[428, 506]),
    // Nova Scotia and Prince Edward Island.
    ("America/Halifax", &[782, 902]),
    // Newfoundland and Labrador.
    ("America/St_Johns", &[709, 879]),
    // Bahamas.
    ("America/Nassau", &[242]),
    // Barbados.
    ("America/Barbados", &[246]),
    // Anguilla.
    ("America/Anguilla", &[264]),
    // Antigua and Barbuda.
    ("America/Antigua", &[268]),
    // British Virgin Islands.
    ("America/Tortola", &[284]),
    // US Virgin Islands.
    ("America/St_Thomas", &[340]),
    // Cayman Islands.
    ("America/Cayman", &[345]),
    // Bermuda.
    ("Atlantic/Bermuda", &[441]),
    // Grenada.
    ("America/Grenada", &[473]),
    // Turks and Caicos.
    ("America/Grand_Turk", &[649]),
    // Jamaica.
    ("America/Jamaica", &[658, 876]),
    // Montserrat.
    ("America/Montserrat", &[664]),
    // Northern Mariana Islands.
    ("Pacific/Saipan", &[670]),
    // Guam.
    ("Pacific/Guam", &[671]),
    // American Samoa.
    ("Pacific/Pago_Pago", &[684]),
    // Sint Maarten.
    ("America/Lower_Princes", &[721]),
    // Saint Lucia.
    ("America/St_Lucia", &[758]),
    // Dominica.
    ("America/Dominica", &[767]),
    // Saint Vincent and the Grenadines.
    ("America/St_Vincent", &[784]),
    // Puerto Rico.
    ("America/Puerto_Rico", &[787, 939]),
    // Dominican Republic.
    ("America/Santo_Domingo", &[809, 829, 849]),
    // Trinidad and Tobago.
    ("America/Port_of_Spain", &[868]),
    // Saint Kitts and Nevis.
    ("America/St_Kitts", &[869]),
    // US Central: Alabama, Arkansas, Illinois, Iowa, Kansas, western Kentucky, Louisiana,
    // Minnesota, Mississippi, Missouri, Nebraska, North and South Dakota, Oklahoma, western
    // and middle Tennessee, Texas, Wisconsin, western Florida, and the north-west of Indiana.
    (
        "America/Chicago",
        &[
            205, 210, 214, 217, 218, 219, 224, 225, 228, 235, 251, 254, 256, 262, 270, 274, 281,
            308, 309, 312, 314, 316, 318, 319, 320, 325, 327, 331, 334, 337, 346, 353, 361, 364,
            402, 405, 409, 414, 417, 430, 432, 447, 448, 464, 469, 479, 501, 504, 507, 512, 515,
            531, 534, 539, 557, 563, 572, 573, 580, 601, 605, 608, 612, 615, 618, 620, 629, 630,
            636, 641, 651, 659, 660, 662, 682, 701, 708, 712, 713, 715, 726, 730, 731, 737, 763,
            769, 773, 779, 785, 806, 815, 816, 817, 830, 832, 847, 850, 861, 870, 872, 901, 903,
            913, 918, 920, 924, 931, 936, 938, 940, 945, 952, 956, 972, 975, 979, 985,
        ],
    ),
    // US Mountain: Colorado, Montana, New Mexico, Utah, Wyoming, and El Paso.
    ("America/Denver", &[303, 307, 385, 406, 435, 505, 575, 719, 720, 748, 801, 915, 970, 983]),
    // Idaho.
    ("America/Boise", &[208, 986]),
    // Arizona.
    ("America/Phoenix", &[480, 520, 602, 623, 928]),
    // US Pacific: California, Nevada, Oregon, Washington.
    (
        "America/Los_Angeles",
        &[
            206, 209, 213, 253, 279, 310, 323, 341, 350, 357, 360, 369, 408, 415, 424, 425, 442,
            458, 503, 509, 510, 530, 541, 559, 562, 564, 619, 626, 628, 650, 657, 661, 669, 702,
            707, 714, 725, 738, 747, 760, 775, 805, 818, 820, 831, 837, 840, 858, 909, 916, 925,
            949, 951, 971,
        ],
    ),
    // Alaska.
    ("America/Anchorage", &[907]),
    // Hawaii.
    ("Pacific/Honolulu", &[808]),
];
