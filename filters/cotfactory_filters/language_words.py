"""Common words of languages that share the Latin script, in lower case.

Function words make up a third or more of any prose, so that a sentence with few of its language's
is either no prose or another language. The first lists are also what sentences of other
languages are compared with.
"""

from collections.abc import Mapping

COMMON_WORDS: Mapping[str, str] = {
    "en": (
        "the of to and is in that it for as with be are on this so we if but have has was not "
        "from by or at which an can will there all one then would their they you each when what "
        "how me let don doesn isn aren didn won he she his her its my your our us them these "
        "those than more less some any no only also into out up about over after before first "
        "second next last other another same since because therefore thus hence now just maybe "
        "perhaps wait okay hmm actually again however where while need needs should could must "
        "might may do does did done had been being get gets got find check think know see make "
        "makes made give gives given take takes use using used say says said mean means total "
        "number numbers value values equal equals sum product timesplus minus times divided "
        "either neither every many much two three four five six seven eight nine ten here such "
        "like still even right left side both between under through until very well sure correct "
        "wrong answer question problem step case cases way start starting ok oh yes alternatively "
        "suppose assume consider compute calculate follows without within per who whose why too "
        "most least"
    ),
    "fr": (
        "le la les un une des du de et à est en que qui dans pour par sur avec ce cette ces se sa "
        "son ses il elle ils elles nous vous on je tu leur leurs au aux ne pas plus mais ou où "
        "donc or ni car si comme être sont était ont avait avoir fait faire peut doit alors aussi "
        "ainsi tout tous toute toutes autre autres même très bien y a qu soit entre après avant "
        "combien chaque nombre deux trois quatre cinq six dix total jour jours fois quel quelle "
        "dont sans sous encore reste maintenant calculer trouver valeur égal première premier "
        "lorsque puisque attendez peut-être cela ça ici"
    ),
    "de": (
        "der die das den dem des ein eine einen einem einer eines und ist in zu von mit für auf "
        "an im am zum zur bei nach aus um als auch es er sie wir ihr ich du man sich nicht kein "
        "keine dass daß wenn aber oder so wie was wer wo war sind hat haben hatte wird werden "
        "wurde kann können muss müssen noch nur schon sehr mehr viel viele alle jede jeder jedes "
        "jeden dann dort hier also da denn weil damit durch über unter vor zwischen zwei drei "
        "vier fünf sechs sieben acht neun zehn seine seiner seinen ihre ihrer ihren diese dieser "
        "dieses diesen gibt insgesamt tag tage zahl wert gleich lassen sei bis doch ob jetzt "
        "moment vielleicht"
    ),
    "es": (
        "el la los las un una unos unas de del y a en que es por para con se su sus al lo le les "
        "como más pero o si no ya este esta estos estas ese esa eso cada cuando cuánto cuántos "
        "cuántas donde qué quién son era fue ser está están hay tiene tienen había ha han hacer "
        "puede debe entonces también así todo todos toda todas otro otra otros otras mismo muy "
        "sobre entre después antes dos tres cuatro cinco seis diez total día días veces "
        "número valor igual ella él ellos nosotros mi tu me nos porque luego ahora espera quizás"
    ),
    "it": (
        "il lo la i gli le un uno una di del della dei delle dello degli e è in che per con su da "
        "dal dalla nel nella nei nelle al alla ai alle sul sulla si non come più ma o se questo "
        "questa questi queste quello quella ogni quando quanto quanti quante dove cosa chi sono "
        "era essere ha hanno aveva fare può deve quindi anche così tutto tutti tutte altro altri "
        "altre stesso molto senza tra fra dopo prima due tre quattro cinque sei dieci totale "
        "giorno giorni volte numero valore uguale lui lei loro noi perché allora ora forse "
        "abbiamo"
    ),
    "pt": (
        "o a os as um uma uns umas de do da dos das e é em no na nos nas que por para com se seu "
        "sua seus suas ao à aos como mais mas ou não já este esta estes estas esse essa isso cada "
        "quando quanto quantos quantas onde quem são era foi ser está estão há tem têm tinha "
        "fazer pode deve então também assim tudo todos todas outro outra outros outras mesmo "
        "muito sem sobre entre depois antes dois duas três quatro cinco seis dez total dia dias "
        "vezes número valor igual ela ele eles nós porque agora talvez pelo pela"
    ),
    "nl": (
        "de het een van en in is dat op te voor met zijn die er aan niet om ook als dan maar naar "
        "bij uit door over of was wordt worden werd heeft hebben had kan kunnen moet moeten zal "
        "zou nog al wel geen meer veel alle elke elk deze dit we wij ik je hij zij ze hun haar "
        "ons wat wie waar hoe hoeveel dus omdat tot onder tussen na twee drie vier vijf zes tien "
        "totaal dag dagen keer aantal waarde gelijk eerst nu misschien laten"
    ),
    "sv": (
        "och det att en ett som på är av för med den till har inte om han hon de vi jag du ni var "
        "kan ska så men eller när då hur vad vem där här mycket många alla varje efter före från "
        "under över mellan också bara två tre fyra fem sex tio hans hennes deras sitt sina "
        "dag dagar antal lika skulle hade blir finns"
    ),
    "da": (
        "og det at en et som på er af for med den til har ikke om han hun de vi jeg du var kan "
        "skal så men eller når da hvor hvad hvem der her meget mange alle hver efter før fra "
        "under over mellem også kun to tre fire fem seks ti hans hendes deres sit sine dag "
        "dage antal lig ville havde bliver findes"
    ),
    "no": (
        "og det at en et som på er av for med den til har ikke om han hun de vi jeg du var kan "
        "skal så men eller når da hvor hva hvem der her mye mange alle hver etter før fra under "
        "over mellom også bare to tre fire fem seks ti hans hennes deres sitt sine dag dager "
        "antall lik ville hadde blir finnes"
    ),
    "pl": (
        "się na nie to jest że do jak za od po co ale czy już tylko tak ma są był była było być "
        "przez dla przed przy bez lub oraz więc jeśli kiedy gdzie ile kto który która które tego "
        "tym tej ten ta jego jej ich jeden dwa dwie trzy cztery pięć sześć dziesięć każdy każda "
        "dni dzień razem liczba równa może"
    ),
    "tr": (
        "bir ve bu da de için ile çok ne kadar daha var yok olarak olan gibi sonra önce her kaç "
        "ise ama veya ya ki mi mı biri iki üç dört beş altı on tane toplam gün günde sayısı eşit "
        "değil ben sen biz siz onlar şu eğer nasıl neden hangi kendi diye ancak içinde olur oldu"
    ),
    "id": (
        "yang dan di itu dengan untuk pada adalah dari ini dalam tidak akan ke ada juga atau kita "
        "kami saya dia mereka sudah bisa dapat karena jika jadi maka setiap berapa banyak lebih "
        "satu dua tiga empat lima enam sepuluh semua setelah sebelum hari jumlah sama sebuah oleh "
        "seperti lalu"
    ),
    "vi": (
        "là và của có không được cho một các với những trong này đã để khi người đến thì cũng như "
        "từ ra vào bao nhiêu mỗi hai ba bốn năm sáu mười nếu vậy ta chúng số tổng ngày còn lại "
        "hơn bằng sau trước rồi sẽ phải đó nào gì"
    ),
    "fi": (
        "ja on ei se että hän oli mutta niin kun myös jos tai kuin mitä joka jotka ovat olla "
        "kuinka monta paljon kaikki jokainen sitten ennen jälkeen yksi kaksi kolme neljä viisi "
        "kuusi kymmenen päivä päivää yhteensä määrä minä sinä me te he tämä tässä siis koska vain "
        "vielä nyt"
    ),
    "sw": (
        "na ya wa kwa ni katika la za kuwa ili au kama lakini hivyo baada kabla kila ana alikuwa "
        "ina wana yake wake zake hii hiyo hilo huo hizo kuna ngapi siku jumla mmoja moja mbili "
        "tatu nne tano sita kumi nyingi zaidi yote wote jibu hatua sasa tu pia kutoka hapo basi "
        "ikiwa"
    ),
}

NEUTRAL_WORDS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp mod gcd lcm max min "
    "lim sqrt dim ker deg abs floor ceil frac int float str def dx dy dt cm mm km kg mg ml "
    "hr hrs mph kmh th st nd rd"
)
"""Functions, units and other tokens of formulas: words of no language."""
