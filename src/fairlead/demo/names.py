"""Invented names, with the variety of a real city. Any likeness to a living person is chance."""

GIVEN = (
    "Aaliyah Abdi Adrián Aisha Alejandra Amina Ana Andre Angela Anh Aria Asha Ava Beatriz Benjamin Bilal Camila Carlos "
    "Chloe Cora Daniela David Deja Diego Dmitri Elena Eli Elijah Emily Emmanuel Esther Ethan Fatima Felix Gabriela Grace "
    "Hana Hassan Henry Hugo Ibrahim Imani Isabel Isaiah Ivy Jabari Jada James Jasmine Javier Jayden Jin Joaquín Jordan José "
    "Julia Kai Kamila Keisha Khalil Lam Layla Leo Liam Lina Linh Lucía Luis Luna Maïa Malik Marcus Maria Mateo Maya Mei "
    "Mia Miguel Minh Mohamed Nadia Naomi Nia Noah Noor Nora Olivia Omar Oscar Paloma Paul Quang Quinn Rafael Raúl Rosa Ruben "
    "Sade Samira Samuel Santiago Sarah Sasha Selam Sofía Tariq Teresa Thao Theo Thomas Tomás Trinh Uma Valeria Victor "
    "Violet William Xavier Ximena Yara Yusuf Zainab Zoe Zuri"
).split()
FAMILY = (
    "Abbott Acosta Adams Aguilar Ahmed Ali Allen Alvarez Anderson Bailey Baker Banks Barnes Bautista Bello Bennett Brooks "
    "Brown Bui Burke Butler Cabrera Campbell Castillo Castro Charles Chavez Chen Chukwu Clarke Cohen Coleman Collins Cooper "
    "Cruz Dang Davis Dawson Delgado Desai Diallo Diaz Dixon Do Dominguez Duarte Duong Edwards Ellis Espinoza Evans Farah "
    "Fernández Fields Figueroa Fleming Flores Foster Francis Franklin García Gibson Gómez González Graham Grant Green "
    "Guerrero Gutiérrez Hall Hamilton Harris Hassan Henderson Hernández Hill Ho Howard Hussein Huynh Ibarra Jackson Jean "
    "Jenkins Jiménez Johnson Jones Joseph Juárez Kaur Kelly Khan Kim King Lam Le Lee León Lewis Li Lin López Louis Luna "
    "Mack Maldonado Martin Martínez Mason Mbeki Mejía Méndez Mendoza Miller Mitchell Mohamed Molina Moore Morales Moreno "
    "Murphy Navarro Nelson Ngo Nguyen Núñez Obi Ochoa Okeke Oliver Ortiz Osei Owens Park Parker Patel Pérez Perry Peters "
    "Pham Phillips Pierre Pierce Quiroz Ramírez Ramos Reed Reyes Richards Rivera Roberts Robinson Rojas Romero Rosario Ross "
    "Ruiz Russell Salazar Sánchez Santos Scott Shah Silva Simmons Singh Smith Solís Soto Stewart Suárez Sullivan Tan Taylor "
    "Thomas Torres Tran Truong Tucker Turner Valdez Vargas Vásquez Vega Vu Walker Wallace Ward Warsame Washington Watkins "
    "White Williams Wilson Wong Wright Yang Young Zamora"
).split()

SCHOOLS = (
    # name, grade_low, grade_high, ZIP, how hard the school has it (0 to 1)
    ("Harbor Point Elementary", 0, 5, "99701", 0.62),
    ("Ridgeline Elementary", 0, 5, "99704", 0.18),
    ("Breakwater Elementary", 0, 5, "99702", 0.81),
    ("Cannery Row Middle School", 6, 8, "99702", 0.88),
    ("Lantern Hill Elementary", 0, 5, "99705", 0.35),
    ("Saltmarsh Elementary", 0, 5, "99703", 0.74),
    ("Old Mill Middle School", 6, 8, "99706", 0.44),
    ("Foghorn High School", 9, 12, "99702", 0.79),
    ("Juniper Street Elementary", 0, 5, "99707", 0.29),
    ("Pilot House Elementary", 0, 5, "99708", 0.51),
    ("Eastgate Middle School", 6, 8, "99709", 0.57),
    ("Marisol Vega Academy", 9, 12, "99703", 0.66),
    ("Quarry Road Elementary", 0, 5, "99710", 0.22),
    ("Tidal Basin Elementary", 0, 5, "99711", 0.91),
    ("Northlight Middle School", 6, 8, "99704", 0.25),
    ("Beacon High School", 9, 12, "99706", 0.38),
    ("Fishermans Green Elementary", 0, 5, "99712", 0.70),
    ("Summit View High School", 9, 12, "99710", 0.14),
)

# language of the home, share of families
LANGUAGES = (("en", 0.60), ("es", 0.25), ("vi", 0.05), ("zh", 0.03), ("ht", 0.03), ("so", 0.02), ("ar", 0.02))
RELATIONS = ("mother", "father", "grandmother", "aunt", "guardian")
