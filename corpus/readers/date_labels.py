"""The words beside which documents of many languages state when they were published."""

from __future__ import annotations

import re

# What front matter, <meta>, JSON-LD and the like call their dates, folded to letters, the surest
# first. A page republished by another says when it first appeared.
KEYS = {
    "original": tuple(
        "originalpublished originallypublished originalpublicationdate originaldate "
        "firstpublished firstpublishedat".split()
    ),
    "published": tuple(
        "datepublished published publishedat publishedon publishedtime articlepublishedtime "
        "ogpublishedtime publicationdate publishdate publisheddate citationpublicationdate "
        "citationonlinedate citationdate dateissued dcdateissued dctermsissued issued pubdate "
        "parselypubdate sailthrudate releasedate dateposted posted postedon date articledate "
        "dcdate dctermsdate datum fecha timepublished".split()
    ),
    "updated": tuple(
        "datemodified modified modifiedat modifiedtime articlemodifiedtime ogupdatedtime updated "
        "updatedat updatedon updatedtime dateupdated lastmod lastmodified lastmodifiedat "
        "lastupdated lastupdatedat lastupdate dcdatemodified dctermsmodified revised lastrevised "
        "revisiondate".split()
    ),
    "fetched": tuple(
        "fetched fetchedat fetchdate datefetched retrieved retrievedat retrievedon dateretrieved "
        "accessed accessedat accessedon accessdate dateaccessed crawled crawledat crawldate "
        "scraped scrapedat downloaded downloadedat captured capturedat archived archivedat mined "
        "minedat miningdate snapshotdate savedat datesaved clipped clippedat".split()
    ),
}

_LABELS = {
    "first": {
        "en": r"original(?:ly)?[ _]published|first published|original publication date",
        "fr": "première publication|initialement publié",
        "de": "erstveröffentlicht|erstmals erschienen|ursprünglich veröffentlicht",
        "es": "publicado originalmente|publicación original",
        "zh": "首次发布|原文发布|初次发布",
        "ja": "初出",
    },
    "published": {
        "en": "publication date|date published|publish date|published|posted|release date|"
        "released|date of (?:issue|publication|release)|submitted|issue date|date issued|"
        r"arxiv:\S+(?: \[[\w.-]+\])?",
        "fr": "publiée? le|publiée?|date de (?:publication|parution)|parue? le|mise? en ligne le|"
        "posté le|diffusée? le|date de mise en ligne",
        "de": "veröffentlicht am|veröffentlicht|veröffentlichung|erschienen am|erschienen|"
        "publiziert am|veröffentlichungsdatum|erscheinungsdatum|erstellt am|online seit",
        "es": "publicad[oa] el|publicad[oa]|fecha de (?:publicación|emisión)|difundido el",
        "it": "pubblicat[oa] il|pubblicat[oa]|data di pubblicazione|uscito il",
        "pt": "publicad[oa] em|publicad[oa] a|publicad[oa]|data d[ae] publicação|postado em|"
        "divulgado em",
        "nl": "gepubliceerd op|gepubliceerd|publicatiedatum|geplaatst op|verschenen op",
        "pl": "opublikowan[oye] (?:dnia )?|opublikowano|data publikacji|data wydania",
        "ru": "опубликован[оа]?|дата публикации|размещено",
        "sv": "publicerad(?: den)?|publicerat|publiceringsdatum",
        "da": "offentliggjort|publiceret|udgivet|udgivelsesdato",
        "nb": "publisert|utgitt",
        "cs": "publikováno|zveřejněno|vydáno|datum vydání",
        "tr": "yayın(?:lanma)? tarihi|yayınlandı|yayımlanma tarihi",
        "zh": "发布时间|发布日期|發布時間|發布日期|发布于|發佈日期|發佈時間|发表时间|发表日期|"
        "发表于|"
        "刊登日期|出版日期|印发日期|成文日期|公布日期",
        "ja": "公開日|掲載日|発行日|投稿日|公表日|発表日|配信日|公開|掲載",
        "ko": "게시일|발행일|등록일?|작성일|입력|게재일",
    },
    "dated": {
        "en": "issued|dated?",
        "fr": "daté du|date",
        "de": "datum|datiert|vom",
        "es": "fecha",
        "it": "data",
        "pt": "data",
        "nl": "datum",
        "pl": "data|dnia",
        "ru": "дата",
        "sv": "datum",
        "zh": "日期|时间|時間",
        "ja": "日付",
    },
    "updated": {
        "en": "(?:last |page )?(?:updated|revised|modified|edited|changed)|last update|"
        "date (?:modified|updated)|last modification|page last (?:updated|modified)",
        "fr": "mise? à jour(?: le)?|dernière (?:mise à jour|modification)|modifiée? le|"
        "actualisée? le",
        "de": "(?:zuletzt )?(?:aktualisiert|geändert|bearbeitet)(?: am)?|letzte (?:änderung|"
        "aktualisierung)|stand|geändert am|aktualisierung",
        "es": "(?:última )?actualiza(?:d[oa](?: el)?|ción)|última modificación|modificad[oa] el",
        "it": "aggiornat[oa](?: il)?|ultim[oa] (?:aggiornamento|modifica)|modificat[oa] il",
        "pt": "atualizad[oa](?: em)?|última (?:atualização|modificação)|modificad[oa] em",
        "nl": "(?:laatst )?(?:bijgewerkt|gewijzigd)(?: op)?|laatste (?:wijziging|update)",
        "pl": "(?:ostatnio )?zaktualizowan[oya]|ostatnia (?:aktualizacja|modyfikacja)",
        "ru": "обновлен[оа]?|обновлён|изменен[оа]?|дата (?:обновления|изменения)",
        "sv": "(?:senast )?(?:uppdaterad|ändrad)(?: den)?",
        "da": "(?:senest |sidst )?(?:opdateret|ændret)",
        "nb": "(?:sist )?(?:oppdatert|endret)",
        "cs": "aktualizováno|naposledy (?:změněno|upraveno)",
        "tr": "güncelle(?:nme|me) tarihi|güncellendi",
        "zh": "更新时间|更新日期|更新時間|更新于|最后更新|最后修改|修订日期|最近更新",
        "ja": "最終更新日?|更新日時?|改訂日|更新",
        "ko": "수정일?|최종수정|업데이트",
    },
    "fetched": {
        "en": r"(?:last )?(?:accessed|retrieved|crawled|captured|scraped|fetched|downloaded|mined)"
        r"(?: at)?|date accessed|access date|snapshot (?:taken|of)",
        "fr": "consultée? le",
        "de": "abgerufen(?: am)?",
        "es": "consultado(?: el)?",
        "zh": "抓取时间|采集时间|访问日期",
    },
}
# Languages without spaces between words have no boundaries of words either.
_UNPARTED = {"zh", "ja", "ko"}
LABELS = {
    field: tuple(
        (
            language,
            re.compile(
                rf"(?:{words})" if language in _UNPARTED else rf"\b(?:{words})(?!\w)",
                re.IGNORECASE,
            ),
        )
        for language, words in languages.items()
    )
    for field, languages in _LABELS.items()
}
_ON = (
    "on|at|as of|the|le|du|am|vom|den|der|el|il|em|op|dnia|de|del|of|spring|summer|autumn|fall|"
    "winter|early|late|mid"
)
# What may stand between a label and its date: signs, a preposition, who did it.
BEFORE_DATE = re.compile(
    rf"[\W_]{{0,10}}(?:(?i:{_ON})[\W_]{{1,4}}){{0,2}}|"
    rf"[\W_]{{0,6}}(?:by|von|par|por|di|da|door)\s[^\n\d|]{{2,40}}?(?:\s(?:{_ON})\s|[,|·•—–-]\s?)|"
    # The name of a zone and what follows the hour.
    r"[\W_]{0,6}[A-Z]{2,4}[\W_]{1,6}|[\W_]{0,10}h[\W_]{1,6}"
)
_PAPERS = (
    "page|article|post|blog post|story|report|document|text|notice|statement|news|press release|"
    "paper|version|draft|note|letter|bulletin|briefing|memo(?:randum)?|remarks|fact sheet|entry|"
    "policy|announcement|speech|working paper|media release"
)
# "This page was last updated on …", "Press release, …": what is dated is the document.
SUBJECT = re.compile(
    rf"^\W*(?:(?:this|the) )?(?:{_PAPERS})(?:\s+(?:was|were|is|has been|have been))?"
    r"(?:\s+(?:first|last|originally|initially))?\W*$|"
    r"^\W*(?:cet article|cette page|ce document)(?:\s+(?:a été|est))?\W*$|"
    r"^\W*(?:diese[rs]?|der|die|das) (?:artikel|beitrag|seite|text|dokument)(?: (?:wurde|ist))?"
    r"(?: (?:zuletzt|am))?\W*$|"
    r"^\W*(?:este|esta|questo|questa|deze|dit) \w+(?: (?:fue|foi|è stat[oa]|is|werd))?\W*$",
    re.IGNORECASE,
)
BYLINE = re.compile(
    r"\W*(?:(?:[Ww]ritten |[Pp]osted |[Pp]ublished )?[Bb]y|Von|Par|Por|Di|Door|Text:|Aut(?:h)?or:)"
    r"\s+[^\n\d|]{2,50}?(?:\s+(?:on|am|le|el|il|op|em))?[\s,;|·•—–-]*"
)
# "Oslo, 3 February", "Paris, le 3 février".
PLACE = re.compile(r",\s*(?:den|le|el|il|am|a)?\s*$")
# What may stand between two labelled dates of one line: "à 10h12, mis à jour …", "(v1), last …".
BETWEEN = re.compile(
    r"[\W\d]*(?:(?:à|at|um|a las|às|kl)\.?\s)?[\d:h.]*\s?(?:Uhr|[ap]\.?m\.?|[A-Z]{2,4})?\W*"
    r"(?:v\d+\W*)?"
)
# A date after these words is that of something else: a birth, a period, a deadline, an event.
OTHER = re.compile(
    r"\b(?:dated|issued|signed|ended|ending|until|before|by|since|effective|expires?|through|of|"
    r"from|on|born|died|founded|established|incorporated|opened|opens|opening|closes?|closing|"
    r"deadline|due|next|upcoming|meeting|event|starts?|begins?|birthday|birth|anniversary|in|"
    r"copyright|comments?|valid|conference|scheduled|geboren|gestorben|gegründet|frist|née?|"
    r"mort|fondée?|nacid[oa]|fallecid[oa]|fundad[oa]|nat[oa]|nascid[oa]|urodzon[ya]|родился)\b[\W_]*$|"
    r"[©†*]\s*$|:\s*$|出生|生于|截止|成立",
    re.IGNORECASE,
)
# A line that says of what the date below it is.
OF_ANOTHER = re.compile(
    r"\b(?:deadline|due(?: date)?|born|died|date of (?:birth|death)|birthday|founded|established|"
    r"(?:next|upcoming) \w+|(?:event|start|closing|opening|expiry|effective) date|expires|starts|"
    r"effective|valid (?:until|from)|period|when|frist|geboren|nächster termin|beginn|date limite|"
    r"prochaine \w+|fecha límite|próxim[oa] \w+)\W*$|(?:截止日期|出生日期|成立日期|会议时间)\W*$",
    re.IGNORECASE,
)
# The date beside a place and an hour is that of a meeting.
EVENT = re.compile(
    r"^\W*(?:venue|location|where|place|time|doors|register|rsvp|tickets?|ort|uhrzeit|lieu|heure|"
    r"lugar|hora|luogo|地点|会场|会場|時間)\s*[:：|]",
    re.IGNORECASE | re.MULTILINE,
)
# What follows is dated for itself.
OTHERS_BEGIN = re.compile(
    r"^\W*(?:\d+\s+)?(?:comments?|responses?|replies|related(?: \w+)?|see also|read (?:more|next)|"
    r"more (?:from|news|stories|articles)\b.{0,30}|latest (?:news|posts|articles)|"
    r"you may also like|"
    r"references|bibliography|further reading|kommentare?|commentaires?|comentarios?|commenti|"
    r"verwandte artikel|mehr zum thema|à lire aussi|articles? liés?|noticias relacionadas|"
    r"相关新闻|相关阅读|评论|関連記事|コメント)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
AFTER = re.compile(
    r"\s*(?:\d{1,2}:\d\d(?::\d\d)?\s*)?(?:veröffentlicht|publiziert|erschienen|发布|發布|发表|公開|掲載|公布|"
    r"公表|입력|게시)(?![\w])|\s*(?:\d{1,2}:\d\d\s*)?(?:发布|發布|发表|公開|掲載|公布|公表)\b"
)
