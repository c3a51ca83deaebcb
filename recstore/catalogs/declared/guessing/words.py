"""What the name of a column says that it holds: words of several languages, in any spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: What each word, without accents and in lower case, says of a column. A word may say several things.
_WORDS = {
    "user": """user users usr customer cust client cliente clienti klant kunde kunden kund kundin acheteur usuario
        utilisateur utente benutzer nutzer gebruiker member membre miembro mitglied visitor visitante visiteur besucher
        bezoeker account acct konto conto compte cuenta reviewer rater voter reader leser lecteur lector lezer listener
        viewer subscriber person people player buyer shopper patron borrower household panelist profile uid who student
        顧客 会員 会員番号 顧客番号 顧客コード ユーザー ユーザ 用户 客户 会员 고객 회원 사용자
        learner traveler guest abonne emprunteur lecteurs socio abonado asiakas uzytkownik klient nickname kundenkarte
        kundenkarten stammkunde loyalty clubcard entleiher ausleiher""",
    "item": """item items itm product prod produkt producto produit produto prodotto article artikel articulo articolo
        artigo asin sku isbn ean upc gtin stock book buch livre libro livro boek bok kirja movie film pelicula song
        track trk tra musik artist art album video clip game app news story doc document dokument paper post recipe
        rezept receta recette business venue restaurant hotel listing place poi course job anime manga beer wine joke
        podcast episode show content media material pin ad offer variant vare tuote asset dish boardgame thing medien
        aid bookmark 商品 商品コード 商品番号 作品 書籍 产品 상품 제품 도서
        attraction property program programme gmap question quiz lesson toy cloth garment deal lot""",
    "session": """session sess sid basket cart order orders invoice inv visit transaction trans transactie txn tx trx
        receipt bon ticket bestellung bestell rechnung factura facture fattura factuur faktura pedido commande comanda
        warenkorb korb bill playlist sitzung besuch panier purchase sale checkout bestelling ordine ordre auftrag beleg
        compra vente kvittering sesion sessione seance bezoek zamowienie zamowienia
        注文 注文番号 伝票番号 订单 订单号 주문 주문번호 loan""",
    "at": """timestamp time times date datetime at when ts unix epoch created datum fecha zeit zeitpunkt zeitstempel
        hora uhrzeit dat day moment momento heure tijd tijdstip dato ora tag jour dia giorno dt utc kiedy data
        購入日 購入日時 注文日 注文日時 日時 日付 時間 时间 日期 购买时间 下单时间 일시 날짜 구매일 주문일
        horodatage submitted stamp on""",
    "rating": """rating ratings stars star score scores overall note bewertung sterne puntuacion puntaje calificacion
        valoracion punteggio voto vote valutazione wertung rate mark grade cijfer beoordeling nota etoiles estrellas
        stelle ocena karakter avaliacao
        評価 评分 평점 별점""",
    "event": """event action activity interaction behavior behaviour verb ereignis aktion evento accion azione evenement
        actie gebeurtenis handling feedback""",
    "kind": """type kind typ tipo art status soort""",
    "value": """quantity qty count amount amt menge anzahl cantidad quantite quantita quantidade aantal units unit stuck
        stuckzahl plays playcount listens pieces pcs antal weight purchases times views clicks purchased
        数量 個数 수량 ilosc qte nb number copies""",
    "price": """price preis precio prix prezzo prijs cost pris preco cena betrag total revenue sum discount tax margin
        rrp msrp mwst ust vat tva iva importe montant 価格 単価 金額 价格 金额 가격 금액
        sales_price usd eur gbp paid salary""",
    "title": """title name titel titre titulo titolo naam nombre nom nome navn bezeichnung label headline libelle
        designation naziv heading caption benennung productname 商品名 名称 名前 作品名 書名
        商品名称 标题 상품명 제품명 이름 denominacion denominazione omschrijving""",
    "text": """description desc blurb abstract summary text body content overview plot synopsis beschreibung
        beschrijving
        descripcion description descrizione descricao
        説明 商品説明 描述 商品描述 설명 resume resumen inhalt detail details feature features lyrics about
        subtitle ingredients tagline keyword keywords contents kurztext langtext teaser lead excerpt omschrijving note
        notes bio story review comment specification specs untertitel schlagworte samenvatting beskrivelse""",
    "category": """subclass commodity category categories cat genre genres author authors brand tags tag keyword
        keywords department dept
        aisle class classification color colour material publisher artist artists director directors actors actor cast
        language lang series section topic topics subject subjects theme kategorie categoria categorie marke marque
        marca merk hersteller autor autoren auteur auteurs autore autores verlag editeur editorial editore uitgever
        format style season collection line gender garment cuisine type kind typ tipo group subcategory subgenre family
        warengruppe rubrik rubrique seccion sezione farbe couleur thema sprache langue idioma lingua taal maker
        manufacturer label country mood city state region neighborhood platform developer studio composer illustrator
        writer editor newspaper channel shelf age appearance index size kategori forfatter genero mechanic mechanics
        themes vendor creator creators skill skills level instrument medium school origin region variety winery
        カテゴリ カテゴリー ジャンル 分類 著者 类目 类别 分类 作者 品牌 카테고리 분류 저자 브랜드
        brewery rated certification verfasser systematik sachgebiet schlagwort
        schlagworter""",
    "group": """work parent master model edition family grp gruppe group""",
    "available": """available availability active enabled visible published live instock stock verfugbar lieferbar
        disponible activo aktiv sellable buyable purchasable lagernd beschikbar disponibile online open bestand
        lagerbestand vorrat inventory""",
    "withdrawn": """withdrawn discontinued deleted hidden archived inactive soldout disabled removed obsolete blocked
        retired expired outofstock ausverkauft descatalogado epuise vergriffen agotado closed banned delisted""",
    "other": """channel store shop warehouse branch employee staff country region city zip postal postcode status seller
        supplier vendor merchant device ip ref url link image img picture photo thumbnail filiale tienda magasin
        language page position rank row line seq index review tagset latitude longitude lat lon lng phone email address
        hash version week month year quarter hour dow weekday""",
    "key": """id ids no nr nbr num number code unique key uuid guid codigo codice cod kode nummer numero sk pk ident
        identifier kennung cislo idx pid uri""",
}  # fmt: skip
#: Words for the events that shops, players and newsrooms record, and what each counts beside a purchase.
EVENT_WEIGHTS = {
    -1.0: "return returned refund refunded cancel cancelled canceled dislike disliked downvote block uninstall "
    "retoure ruckgabe storno devolucion retour",
    -0.3: "remove removed removefromcart unlike unfavorite",
    0.0: "search skip skipped hide report login logout impression exposure shown",
    0.1: "view viewed click clicked clk pv pageview open opened visit preview detail detailview ansicht vista vue "
    "browse",
    0.3: "cart addtocart basket add added wishlist wish warenkorb panier carrito checkout begincheckout ipv",
    0.5: "fav favorite favourite like liked save saved bookmark bookmarked share shared follow collect "
    "comment commented reply merken star",
    1.0: "purchase purchased buy bought order ordered transaction sale sold paid pay conversion play played listen "
    "listened watch watched read complete completed finish finished download downloaded rent rented loan borrow "
    "borrowed subscribe enroll enrolled install kauf gekauft achat compra acquisto apply applied booking "
    "book rate rated",
}  # fmt: skip


@cache
def _vocabulary() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for role, words in _WORDS.items():
        for word in words.split():
            found.setdefault(plain(word), set()).add(role)
    return {word: frozenset(roles) for word, roles in found.items()}


def plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(one for one in folded if not unicodedata.combining(one)).lower()


@cache
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name: "reviewerID", "reviewer_id" and "reviewerid" are "reviewer" and "id"."""
    name = re.sub(r":(token|float)(_seq)?$", "", name)  # as RecBole writes which type it is
    folded = "".join(
        one for one in unicodedata.normalize("NFKD", name.replace("ß", "ss")) if not unicodedata.combining(one)
    )
    found = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_a-zA-Z]+", folded)
    return tuple(word for one in found for word in _apart(one.lower()))


def _apart(word: str) -> tuple[str, ...]:
    known = _vocabulary()
    if word in known or word.rstrip("s") in known:
        return (word,)
    for place in range(len(word) - 2, 2, -1):
        first, last = word[:place], word[place:]
        if first in known and last in known and (len(last) > 2 or last in ("id", "no", "nr", "at", "ts", "on")):
            return (first, last)
    return (word,)


@cache
def meanings(name: str) -> dict[str, float]:
    """Return what a column of that name may hold, and how surely: roles of a declaration, and some of our own.

    "key" is there where the name is one of ids: then "user", "item" and "session" mean ids of such.
    """
    known = _vocabulary()
    words = [word if word in known else word.removesuffix("s") for word in words_of(name)]
    keys = [word for word in words if "key" in known.get(word, ())]
    rest = [word for word in words if "key" not in known.get(word, ()) or known[word] - {"key"}] or words
    if len(rest) > 1 and rest[-1] in keys:
        rest = rest[:-1]
    found: dict[str, float] = {}
    if len(rest) > 1 and rest[-1] == "name" and "user" in known.get(rest[-2], ()):
        # Whoever is called so is who it was, where there is no id: "profile_name".
        found["user"] = 1.0
    if keys:
        found["key"] = 1.0
    # The last word says what it is, "order_date"; in Romance languages the first, "fecha_compra".
    for sureness, word in zip((1.0, 0.6, 0.4), [*reversed(rest[-1:]), *rest[:1], *rest[1:-1]], strict=False):
        for role in known.get(word, ()):
            if role != "key":
                found[role] = max(found.get(role, 0.0), sureness)
    if keys and rest:
        # An id is of what stands beside it.
        found = {role: value for role, value in found.items() if value == 1.0}
    return found


def weight_of_event(event: str) -> float | None:
    """Return what an event of that name counts; None where the name says nothing."""
    folded = re.sub(r"[^a-z]", "", plain(event))
    for weight, words in EVENT_WEIGHTS.items():
        if {folded, folded.removesuffix("s")} & set(words.split()):
            return weight
    parts = [word for word in re.split(r"[^a-z]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event))) if word]
    for weight, words in EVENT_WEIGHTS.items():
        if any(part in words.split() for part in parts):
            return weight
    return None
