"""What units are called beside their English names and symbols."""

_NAMES: dict[str, str] = {
    "m": """metro metros mètre mètres метр метра метров м 米 メートル 미터""",
    "cm": """centímetro centímetros centimètre centimètres zentimeter centimetro centimetri
        сантиметр сантиметра сантиметров см 厘米 公分 センチメートル 센티미터""",
    "mm": """milímetro milímetros millimètre millimètres millimeter миллиметр миллиметра
        миллиметров мм 毫米 ミリメートル""",
    "km": """kilómetro kilómetros kilomètre kilomètres quilômetro quilômetros chilometro
        chilometri километр километра километров км 千米 公里 キロメートル 킬로미터""",
    "mile": "milla millas meile meilen миля мили миль 英里",
    "g": """gramo gramos gramme grammes gramm grama gramas grammo grammi грамм грамма граммов г
        克 グラム 그램""",
    "kg": """kilo kilos kilogramo kilogramos kilogramme kilogrammes kilogramm quilograma
        quilogramas chilogrammo chilogrammi килограмм килограмма килограммов кг 千克 公斤
        キログラム 킬로그램""",
    "t": "tonne tonnes tonelada toneladas tonnen tonnellata tonnellate тонна тонны тонн т 吨 トン",
    "s": """segundo segundos seconde secondes sekunde sekunden secondo secondi секунда секунды
        секунд сек с 秒 초""",
    "min": """minuto minutos minute minuten minuti минута минуты минут мин 分钟 分鐘 分 分間 분""",
    "h": """hora horas heure heures stunde stunden std ora ore час часа часов ч 小时 小時 時間
        시간 jam""",
    "day": """día días dia dias jour jours tag tage tagen giorno giorni день дня дней 天 日間 일
        hari""",
    "week": """semana semanas semaine semaines woche wochen settimana settimane неделя недели недель
        周 星期 週間""",
    "month": """months mes meses mois monat monate monaten mese mesi месяц месяца месяцев 个月 ヶ月
        か月""",
    "year": """years año años ano anos an ans année années jahr jahre jahren anno anni год года лет
        年 岁 歳 tahun""",
    "l": "litro litros litre litres litri литр литра литров л 升 リットル 리터",
    "ml": "mililitro mililitros millilitre millilitres milliliter миллилитр миллилитров мл 毫升",
    "dollar": "dólar dólares доллар доллара долларов 美元 ドル 달러",
    "euro": "евро 欧元 ユーロ 유로",
    "ruble": "rubles рубль рубля рублей руб",
    "yuan": "元",
    "yen": "円",
    "won": "원",
    "rupiah": "rp",
    "degree": "grado grados degré degrés grad grau graus gradi градус градуса градусов 度 도",
}
FOREIGN: dict[str, str] = {name: base for base, names in _NAMES.items() for name in names.split()}
"""Units by their names in other languages, in lower case; German nouns and the plurals too."""

MAGNITUDES: dict[str, int] = {
    name: power
    for power, names in {
        2: "hundred",
        3: "thousand tausend mille mil mila тысяча тысячи тысяч тыс ribu",
        6: """million millions millionen millón millones milhão milhões milione milioni миллион
            миллиона миллионов млн juta""",
        9: "billion milliard milliards milliarde milliarden миллиард миллиарда миллиардов млрд",
        12: "trillion billón billones billionen",
    }.items()
    for name in names.split()
}
"""Words that multiply a number by a power of ten. `Billion` is English; German says Milliarde."""

AREAS = ("平方", "quadrat")
VOLUMES = ("立方", "kubik")
