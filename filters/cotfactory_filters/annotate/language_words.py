"""Common words of languages that share the Latin script, all in lower case.

Function words make up a third or more of any prose, so that a sentence with few of its language's
is either no prose or another language. Words of several languages stand under each.
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
}

NEUTRAL_WORDS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp mod gcd lcm max min "
    "lim sqrt det dim ker deg abs floor ceil frac int float str def dx dy dt cm mm km kg mg ml "
    "hr hrs mph kmh th st nd rd"
)
"""Functions, units and other tokens of formulas: words of no language."""
