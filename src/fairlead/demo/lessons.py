"""Lessons that nobody taught: cases of the demo's calibration sets, with the levels of an invented panel and its reasons.

Each row: the title, its script, and for the items of the short rubric (thinking, work, everyone, finding-out, room) the
agreed level with the reason for it.
"""

from __future__ import annotations

from typing import NamedTuple

ITEMS = ("thinking", "work", "everyone", "finding-out", "room")


class Lesson(NamedTuple):
    """A case: its words in two languages; level and reason by item, in the order of ITEMS."""

    title: str
    title_es: str
    script: str
    script_es: str
    agreed: tuple[tuple[int, str], ...]


FIRST = (
    Lesson(
        "Fractions on a number line",
        "Fracciones en la recta numérica",
        "10:02 Twenty-two students, a number line on each desk. Task: where does 5/8 go, and how do you know?\n\n"
        "10:04 Teacher: “Work alone for two minutes. Then your partner asks you why.” Pairs talk; most point at one half first.\n\n"
        "10:07 A student: “It is more than a half because four eighths is a half.” Partner: “But then where is 6/8?” They go on.\n\n"
        "10:10 Teacher looks over shoulders with a list, writes down who has it. Stops at two desks and asks for one half.\n\n"
        "10:13 Three students at the back have not begun. The teacher sits down with them. Voices are low; nobody is reminded.",
        "10:02 Veintidós estudiantes, una recta numérica en cada mesa. Tarea: ¿dónde va 5/8 y cómo lo saben?\n\n"
        "10:04 Docente: «Dos minutos a solas. Después su pareja les pregunta por qué». Conversan; la mayoría señala primero un medio.\n\n"
        "10:07 Estudiante: «Es más que un medio porque cuatro octavos es un medio». Su pareja: «¿Y dónde está 6/8?». Siguen.\n\n"
        "10:10 La o el docente recorre las mesas con una lista y anota quién lo tiene. En dos mesas pide un medio.\n\n"
        "10:13 Tres estudiantes del fondo no han empezado. La o el docente se sienta con ellos. Voces bajas; nadie recibe llamados.",
        (
            (4, "Students ask each other why and go on from the answer; the teacher only set it up."),
            (3, "The task is the grade's, with reasons. Nothing is said of what good work looks like."),
            (3, "Three have not begun, and the teacher brings them in."),
            (3, "Looks at most of the work and helps because of it; the next step of the lesson does not change."),
            (3, "Nobody needs reminding; nothing is said of helping or of mistakes."),
        ),
    ),
    Lesson(
        "Copying the water cycle",
        "Copiar el ciclo del agua",
        "9:15 The water cycle is on the board. “Copy it, colours as on the board, names in blue.”\n\n"
        "9:18 All twenty-four copy. Teacher: “Does everybody understand?” Some nod.\n\n"
        "9:21 Two boys push a ruler to and fro. “Enough! Last warning.” They stop, and begin again.\n\n"
        "9:24 Teacher asks: “What comes after evaporation?” One student: “Condensation.” “Right.” She goes on.\n\n"
        "9:27 Those who are done colour the margin.",
        "9:15 El ciclo del agua está en la pizarra. «Cópienlo con los mismos colores, los nombres en azul».\n\n"
        "9:18 Las veinticuatro personas copian. Docente: «¿Se entendió?». Algunas asienten.\n\n"
        "9:21 Dos niños empujan una regla. «¡Basta! Última advertencia». Paran y vuelven a empezar.\n\n"
        "9:24 La docente pregunta: «¿Qué viene después de la evaporación?». Una persona: «La condensación». «Bien». Sigue.\n\n"
        "9:27 Quienes terminaron colorean el margen.",
        (
            (1, "They copy; one answers one question."),
            (1, "Nobody could say what is to be learned from copying."),
            (2, "All are busy, with copying; one is called on."),
            (1, "“Does everybody understand?” and one answer."),
            (2, "It goes on, with a sharp warning that does not hold."),
        ),
    ),
    Lesson(
        "Two letters to the mayor",
        "Dos cartas a la alcaldía",
        "11:05 Pairs compare two letters for a crossing at the school. “Which would change your mind, and which sentence does it?”\n\n"
        "11:08 Most have marked a sentence. One pair: “This one gives a number.” Teacher: “And what does the number do?”\n\n"
        "11:12 Teacher asks the class; six hands; takes the same two as before. “Good.” The lesson goes on as on the board.\n\n"
        "11:15 Four students look out of the window for some minutes. Nobody speaks to them.\n\n"
        "11:17 “Your letter will be good when a stranger would know what to do.” Each reads their own draft against it.",
        "11:05 En parejas comparan dos cartas que piden un cruce junto a la escuela. «¿Cuál les haría cambiar de opinión y con qué oración?».\n\n"
        "11:08 La mayoría marcó una oración. Una pareja: «Esta da un número». Docente: «¿Y qué logra el número?».\n\n"
        "11:12 Pregunta al grupo; seis manos; da la palabra a las mismas dos personas. «Bien». La clase sigue como estaba escrita.\n\n"
        "11:15 Cuatro estudiantes miran por la ventana unos minutos. Nadie les habla.\n\n"
        "11:17 «Su carta será buena cuando alguien que no nos conoce sepa qué hacer». Cada quien lee su borrador con esa idea.",
        (
            (3, "Most decide and give their sentence; they do not yet build on one another."),
            (4, "It deserves the time, and they hold their own draft against what good work is."),
            (2, "More than half work; four are out for minutes and the same two are called on."),
            (2, "Two volunteers, and the lesson goes on whatever they say."),
            (3, "Calm, respectful; nothing is lost."),
        ),
    ),
    Lesson(
        "A quiet quarter of an hour",
        "Un cuarto de hora en silencio",
        "8:40 Everybody reads a book of their own. The teacher reads, too.\n\n"
        "8:44 A student asks a neighbour what a word means. The neighbour shows how she found it. Nobody told her to.\n\n"
        "8:48 Teacher goes to five desks: “Tell me what changed on this page.” Writes, gives one a harder book, one a partner.\n\n"
        "8:52 “I read it wrong, he was not angry.” “Good that you saw it. What gave it away?” All are reading; two with a listening pen.",
        "8:40 Cada quien lee un libro propio. La o el docente también lee.\n\n"
        "8:44 Una estudiante pregunta a su vecina qué significa una palabra. La vecina le muestra cómo la encontró. Nadie se lo pidió.\n\n"
        "8:48 Pasa por cinco mesas: «Dime qué cambió en esta página». Anota, da a una persona un libro más difícil y a otra una pareja.\n\n"
        "8:52 «Lo leí mal, no estaba enojado». «Qué bueno que lo viste. ¿Cómo te diste cuenta?». Todo el grupo lee; dos con lápiz lector.",
        (
            (3, "They read and explain, each for themself; reasons do not go from one to another."),
            (3, "Books worth the time; they can say what they follow."),
            (4, "All read, two by a planned way in."),
            (4, "Asks, and changes the next step for two at once."),
            (4, "Help without being told, and a mistake is something to learn from."),
        ),
    ),
)

SECOND = (
    Lesson(
        "Which one does not belong",
        "Cuál no corresponde",
        "1:10 Four numbers: 9, 16, 25, 43. “Which one does not belong? Find a reason for each of them.”\n\n"
        "1:13 Pairs write. “43 is no square.” “But 16 is the only even one.” “Then every one can be it!” They argue and add.\n\n"
        "1:18 Teacher listens at every table, counts reasons on a sheet. Puts the two with the fewest beside a pair with many.\n\n"
        "1:21 All write. One student works with number tiles laid out beforehand.",
        "1:10 Cuatro números: 9, 16, 25, 43. «¿Cuál no corresponde? Busquen una razón para cada uno».\n\n"
        "1:13 Escriben en parejas. «43 no es cuadrado». «Pero 16 es el único par». «¡Entonces puede ser cualquiera!». Discuten y añaden.\n\n"
        "1:18 Escucha en cada mesa y cuenta razones en una hoja. Sienta a quienes tienen menos junto a una pareja con muchas.\n\n"
        "1:21 Todo el grupo escribe. Una persona trabaja con fichas preparadas de antemano.",
        (
            (4, "They answer each other and build."),
            (3, "Asks what the grade asks; nobody says what a good reason is."),
            (4, "All write, and tiles lie ready for the one who needs them."),
            (4, "Knows who has few and changes the next step for them."),
            (3, "Busy and respectful."),
        ),
    ),
    Lesson(
        "Waiting for the projector",
        "Esperando el proyector",
        "2:00 The projector does not start. Students talk; somebody calls another “stupid”. Nothing is said.\n\n"
        "2:06 It runs. Slides on explorers; the teacher reads them aloud. “Who was the first?” “Columbus.” “Yes.”\n\n"
        "2:10 Eight of twenty-six look at the board; one sleeps.\n\n"
        "2:14 A worksheet: fill in five names from the slides.",
        "2:00 El proyector no enciende. Conversan; alguien llama «tonto» a otra persona. Nadie dice nada.\n\n"
        "2:06 Funciona. Diapositivas sobre exploradores; la o el docente las lee. «¿Quién fue el primero?». «Colón». «Sí».\n\n"
        "2:10 Ocho de veintiséis miran la pizarra; una persona duerme.\n\n"
        "2:14 Una hoja: completar cinco nombres de las diapositivas.",
        (
            (1, "The teacher reads, asks, and one word answers."),
            (2, "The grade's topic, and only to recall names."),
            (1, "Fewer than half."),
            (1, "There is no check."),
            (1, "Six minutes lost, and a hurtful word stays unanswered."),
        ),
    ),
    Lesson(
        "The seed that did not grow",
        "La semilla que no creció",
        "10:30 Three pots, one empty. “What could have happened? What would you look at to know?”\n\n"
        "10:33 Groups of four list causes. In two groups one student writes and talks, the others watch.\n\n"
        "10:37 Teacher: “Hold up your list.” Reads them all. “Most of you have water. Who has something else?” Explains light again to one table.\n\n"
        "10:41 A jar falls. “Happens. Cloths are over there.” Two students wipe it up; work goes on.",
        "10:30 Tres macetas, una vacía. «¿Qué pudo pasar? ¿Qué mirarían para saberlo?».\n\n"
        "10:33 Grupos de cuatro hacen listas. En dos grupos escribe y habla una sola persona y las demás miran.\n\n"
        "10:37 Docente: «Levanten su lista». Las lee todas. «La mayoría tiene agua. ¿Quién tiene otra cosa?». Explica la luz de nuevo en una mesa.\n\n"
        "10:41 Cae un frasco. «Pasa. Los paños están ahí». Dos personas lo limpian; el trabajo sigue.",
        (
            (3, "Most groups find causes themselves."),
            (3, "What would you look at to know: that is the standard."),
            (2, "In two groups one works and three watch; nobody brings them in."),
            (3, "Reads every list, and explains again because of what it says."),
            (3, "A slip is settled quickly and quietly."),
        ),
    ),
    Lesson(
        "Ten problems by the bell",
        "Diez problemas antes del timbre",
        "12:20 Ten subtractions of two digits. Fourth grade. “Who is done first may go first.”\n\n"
        "12:24 Most work. A few call out answers. “Sit down, please. Sit down. I said down.”\n\n"
        "12:28 Teacher goes to three who raise their hands and shows the step. “Three more minutes.”\n\n"
        "12:31 A student: “I do this like last year.” “Then you will be quick.”",
        "12:20 Diez restas de dos cifras. Cuarto grado. «Quien termine primero sale primero».\n\n"
        "12:24 La mayoría trabaja. Algunas personas dicen respuestas en voz alta. «Siéntense, por favor. Siéntense. Dije que se sienten».\n\n"
        "12:28 Va con tres que levantan la mano y les muestra el paso. «Tres minutos más».\n\n"
        "12:31 Estudiante: «Esto lo hago como el año pasado». «Entonces acabarás rápido».",
        (
            (2, "Short answers that have one answer."),
            (1, "Below the grade, and a student says so."),
            (2, "More than half work; the same few are heard."),
            (2, "Who raises a hand is shown; nobody else is looked at."),
            (2, "It goes on, with many reminders."),
        ),
    ),
)
