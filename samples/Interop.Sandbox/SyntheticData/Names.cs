namespace Interop.Sandbox.SyntheticData;

/// <summary>People's names by where their families come from: family and given names that go together, in their own spelling.</summary>
internal static class Names
{
    public sealed record Origin(string Language, string LanguageDisplay, string[] Families, string[] Women, string[] Men);

    public static readonly Origin[] Origins =
    [
        new(
            "en-US",
            "English (United States)",
            ["Whitaker", "Caldwell", "Brennan", "Hawthorne", "Sutton", "Merritt", "Langley", "Prescott", "O'Connell", "Fairbanks"],
            ["Margaret", "Eleanor", "Hannah", "Abigail", "Ruth", "Charlotte", "Louise", "Beatrice"],
            ["Walter", "Theodore", "Owen", "Franklin", "Graham", "Elliott", "Henry", "Miles"]
        ),
        new(
            "en-US",
            "English (United States)",
            ["Washington", "Booker", "Jefferson", "Gaines", "Freeman", "Mosley", "Broadnax", "Bolden"],
            ["Denise", "Latoya", "Imani", "Ebony", "Gloria", "Tamika", "Monique"],
            ["Darnell", "Marcus", "Isaiah", "Terrence", "Malik", "Reginald", "Andre"]
        ),
        new(
            "es",
            "Spanish",
            ["García Márquez", "Hernández", "Ramírez", "Ortega", "Núñez", "Villanueva", "Castañeda", "Delgado", "Peña"],
            ["María José", "Guadalupe", "Lucía", "Ximena", "Rosario", "Inés", "Carmen"],
            ["José Luis", "Alejandro", "Joaquín", "Mateo", "Andrés", "Ramón", "Íñigo"]
        ),
        new(
            "zh",
            "Chinese",
            ["Zhang", "Wang", "Chen", "Liu", "Huang", "Zhao", "Wu", "Xu", "Lin"],
            ["Mei", "Xiaoyan", "Lihua", "Jing", "Yuxuan", "Fang", "Ying"],
            ["Wei", "Jianguo", "Haoran", "Ming", "Zhiqiang", "Lei", "Bo"]
        ),
        new(
            "hi",
            "Hindi",
            ["Sharma", "Patel", "Iyer", "Reddy", "Banerjee", "Kulkarni", "Chatterjee", "Nair", "Singh"],
            ["Priya", "Ananya", "Lakshmi", "Kavita", "Deepika", "Meera", "Sunita"],
            ["Arjun", "Rohan", "Vikram", "Sanjay", "Rahul", "Aditya", "Harpreet"]
        ),
        new(
            "vi",
            "Vietnamese",
            ["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi"],
            ["Thị Hương", "Linh", "Ngọc Anh", "Thảo", "Mai", "Thu Hà"],
            ["Văn Minh", "Quang", "Tuấn", "Đức", "Hải", "Thành"]
        ),
        new(
            "ar",
            "Arabic",
            ["Al-Hashimi", "Haddad", "Khoury", "Mansour", "El-Sayed", "Nasser", "Abdallah", "Farouk"],
            ["Layla", "Fatima", "Noor", "Yasmin", "Amal", "Rania", "Zainab"],
            ["Omar", "Khalid", "Yusuf", "Tariq", "Hassan", "Ibrahim", "Samir"]
        ),
        new(
            "en-US",
            "English (United States)",
            ["Okafor", "Adeyemi", "Mensah", "Nwosu", "Diallo", "Abebe", "Kamau", "Osei"],
            ["Chiamaka", "Ngozi", "Abena", "Folasade", "Wanjiru", "Selam", "Aminata"],
            ["Chinedu", "Kwame", "Oluwaseun", "Emeka", "Kofi", "Tesfaye", "Babatunde"]
        ),
        new(
            "pl",
            "Polish",
            ["Kowalczyk", "Wiśniewski", "Dąbrowski", "Wójcik", "Zieliński", "Szymańska", "Woźniak"],
            ["Agnieszka", "Małgorzata", "Zofia", "Katarzyna", "Łucja", "Elżbieta"],
            ["Stanisław", "Łukasz", "Paweł", "Grzegorz", "Michał", "Zbigniew"]
        ),
        new(
            "ko",
            "Korean",
            ["Kim", "Park", "Choi", "Jeong", "Kang", "Yoon", "Lim", "Shin"],
            ["Ji-woo", "Seo-yeon", "Min-jeong", "Hye-jin", "Eun-ji", "Soo-ah"],
            ["Min-jun", "Seung-ho", "Dong-hyun", "Jae-won", "Sung-min", "Tae-yang"]
        ),
        new(
            "fr",
            "French",
            ["Lefèvre", "Dubois", "Baptiste", "Toussaint", "Étienne", "Moreau", "Désir", "Charbonneau"],
            ["Geneviève", "Chantal", "Hélène", "Marie-Ange", "Solène", "Fabienne"],
            ["Jean-Baptiste", "Rémi", "François", "Thierry", "Wilner", "Noël"]
        ),
        new(
            "ru",
            "Russian",
            ["Petrov", "Volkova", "Sokolov", "Kuznetsova", "Abramovich", "Melnyk", "Shevchenko"],
            ["Irina", "Svetlana", "Oksana", "Natalia", "Lyudmila", "Yevgenia"],
            ["Dmitri", "Sergei", "Boris", "Mykola", "Anatoly", "Viktor"]
        ),
        new(
            "tl",
            "Tagalog",
            ["Santos", "Dela Cruz", "Bautista", "Magsaysay", "Villaruel", "Manalo", "Pangilinan"],
            ["Maricel", "Rosalinda", "Jocelyn", "Divina", "Luzviminda", "Analyn"],
            ["Rodrigo", "Efren", "Danilo", "Jun-Jun", "Benigno", "Arnel"]
        ),
        new(
            "nv",
            "Navajo",
            ["Begay", "Yazzie", "Tsosie", "Benally", "Nez", "Chee"],
            ["Shándíín", "Nizhoni", "Darlene", "Verna", "Ooljéé'"],
            ["Hastiin", "Leland", "Delbert", "Ashkii", "Wilson"]
        ),
    ];

    public static readonly string[] Clinicians =
    [
        "Dr. Amara Nwosu",
        "Dr. Ines Castañeda",
        "Dr. Paul Merritt",
        "Dr. Hye-jin Park",
        "Dr. Ravi Kulkarni",
        "Dr. Łukasz Dąbrowski",
        "Dr. Rania Haddad",
        "Dr. Thérèse Baptiste",
        "Dr. Grace Tsosie",
        "Dr. Samuel Freeman",
        "Dr. Linh Phạm",
        "Dr. Olga Shevchenko",
    ];

    public sealed record Place(string City, string State, string PostalCode, int OffsetMinutes);

    /// <summary>Where they live; the offset is the clock of their clinic, fixed the year round.</summary>
    public static readonly Place[] Places =
    [
        new("Springfield", "MA", "01103", -300),
        new("Worcester", "MA", "01608", -300),
        new("Lowell", "MA", "01852", -300),
        new("Durham", "NC", "27701", -300),
        new("Dayton", "OH", "45402", -300),
        new("Madison", "WI", "53703", -360),
        new("El Paso", "TX", "79901", -420),
        new("Gallup", "NM", "87301", -420),
        new("Fresno", "CA", "93721", -480),
        new("Tacoma", "WA", "98402", -480),
        new("Reykjavík", "IS", "10100", 0),
        new("New Orleans", "LA", "70112", -360),
    ];

    public static readonly string[] Streets =
    [
        "Maple Street",
        "Commonwealth Avenue",
        "Canal Street",
        "Orchard Lane",
        "Mill Road",
        "Chestnut Hill",
        "Harbor Drive",
        "Martin Luther King Boulevard",
        "Prospect Street",
        "Old Mission Road",
    ];
}
