#include "ui/pages/page.h"
#include "ui/shell/action_collection.h"
#include "ui/shell/command_model.h"
#include "ui/shell/command_source.h"
#include "ui/shell/fuzzy_match.h"
#include "ui/shell/page_stack.h"
#include "ui/shell/system_scheme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme_colors.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace gantry;
using ui::FuzzyMatch;
using ui::FuzzyQuery;
using widgets::Theme;

namespace {

QString marked(const QString& text, const QList<FuzzyMatch::Range>& ranges)
{
    QString shown = text;
    for (qsizetype i = ranges.size(); i-- > 0;) {
        shown.insert(ranges[i].start + ranges[i].length, QLatin1Char(']'));
        shown.insert(ranges[i].start, QLatin1Char('['));
    }
    return shown;
}

// Contrast as WCAG 2 defines it.
double luminance(const QColor& color)
{
    const auto linear = [](double c) {
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}

double contrast(QRgb a, QRgb b)
{
    const double la = luminance(QColor(a));
    const double lb = luminance(QColor(b));
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

class WordSource final : public ui::CommandSource {
public:
    WordSource(QStringList words, QStringList& ran) : m_words(std::move(words)), m_ran(ran) {}
    void prepare() override {}
    int size() const override { return int(m_words.size()); }
    QString text(int index) const override { return m_words[index]; }
    QString detail(int) const override { return {}; }
    QString iconName(int) const override { return {}; }
    void run(int index) override { m_ran.append(m_words[index]); }

private:
    QStringList m_words;
    QStringList& m_ran;
};

// Writes down what the stack does to it.
class DiaryPage final : public ui::Page {
public:
    DiaryPage(QString id, QStringList& diary) : m_id(std::move(id)), m_diary(diary) {}
    QString title() const override { return m_id; }
    void show(const QString& subRoute) override { m_diary.append(m_id + QStringLiteral(":show:") + subRoute); }
    void activated() override { m_diary.append(m_id + QStringLiteral(":on")); }
    void deactivated() override { m_diary.append(m_id + QStringLiteral(":off")); }

private:
    QString m_id;
    QStringList& m_diary;
};

} // namespace

// What the shell decides without a window.
class ShellLogicTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matches_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("level");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* typed, const char* text, FuzzyMatch::Level level,
                            const char* expected) {
            QTest::addRow("%s in %s", typed, text)
                << QString::fromLatin1(typed) << QString::fromLatin1(text) << int(level)
                << QString::fromLatin1(expected);
        };
        row("", "anything", FuzzyMatch::Exact, "anything");
        row("PLATFORM", "Platform", FuzzyMatch::Exact, "[Platform]");
        row("plat", "Platform", FuzzyMatch::Prefix, "[Plat]form");
        row("bar", "foo-bar", FuzzyMatch::WordPrefix, "foo-[bar]");
        row("bar", "fooBar", FuzzyMatch::WordPrefix, "foo[Bar]");
        row("oo", "foo-oops", FuzzyMatch::WordPrefix, "foo-[oo]ps");
        row("tfo", "Platform", FuzzyMatch::Inside, "Pla[tfo]rm");
        row("sbl", "Switch between light", FuzzyMatch::Scattered, "[S]witch [b]etween [l]ight");
        row("rp", "Restart the platform", FuzzyMatch::Scattered, "[R]estart the [p]latform");
        row("form pl", "Platform", FuzzyMatch::Inside, "[Pl]at[form]");
        row("aab", "a-b-ab a", FuzzyMatch::Scattered, "[a]-b-[ab] a");
    }
    void matches()
    {
        QFETCH(QString, typed);
        QFETCH(QString, text);
        const auto match = FuzzyQuery(typed).match(text);
        QVERIFY(match);
        QTEST(int(match->level), "level");
        QTEST(marked(text, match->ranges), "expected");
    }

    void doesNotMatch()
    {
        QVERIFY(!FuzzyQuery(QStringLiteral("xyz")).match(QStringLiteral("Platform")));
        QVERIFY(!FuzzyQuery(QStringLiteral("mroftalp")).match(QStringLiteral("Platform")));
        QVERIFY(!FuzzyQuery(QStringLiteral("plat zzz")).match(QStringLiteral("Platform")));
    }

    void findsWhatAJumpToAWordWouldSkip()
    {
        // Jumping to the b of "b-x" leaves no a behind it; in plain order the letters are all there.
        const auto match = FuzzyQuery(QStringLiteral("bac")).match(QStringLiteral("aba-xc-b"));
        QVERIFY(match);
        QCOMPARE(match->level, FuzzyMatch::Scattered);
    }

    void ranksBetterMatchesFirst()
    {
        QStringList ran;
        ui::CommandModel model;
        model.addSource(std::make_unique<WordSource>(
            QStringList{QStringLiteral("a-u-t-h"), QStringLiteral("reauth"), QStringLiteral("my-auth"),
                        QStringLiteral("authorizer"), QStringLiteral("auth"),
                        QStringLiteral("authors")},
            ran));
        model.prepare();
        model.setQuery(QStringLiteral("auth"));
        QStringList order;
        for (int i = 0; i < model.rowCount(); ++i)
            order.append(model.data(model.index(i), Qt::DisplayRole).toString());
        QCOMPARE(order, QStringList({QStringLiteral("auth"), QStringLiteral("authors"),
                                     QStringLiteral("authorizer"), QStringLiteral("my-auth"),
                                     QStringLiteral("reauth"), QStringLiteral("a-u-t-h")}));
        model.run(2);
        model.run(99);
        QCOMPARE(ran, QStringList(QStringLiteral("authorizer")));
    }

    void boundsTheList()
    {
        QStringList ran;
        QStringList many;
        for (int i = 0; i < 10000; ++i)
            many.append(QStringLiteral("function-%1").arg(i));
        ui::CommandModel model;
        model.addSource(std::make_unique<WordSource>(many, ran));
        model.setQuery({});
        QCOMPARE(model.rowCount(), ui::CommandModel::kMaxResults);
        model.setQuery(QStringLiteral("f"));
        QCOMPARE(model.rowCount(), ui::CommandModel::kMaxResults);
    }

    void makesPagesWhenTheyAreOpened()
    {
        QStringList diary;
        ui::PageStack stack(entries(diary), {});
        QVERIFY(diary.isEmpty());
        QVERIFY(!stack.open(QStringLiteral("nowhere/x")));
        QVERIFY(stack.open(QStringLiteral("one/a")));
        QVERIFY(stack.open(QStringLiteral("two")));
        QCOMPARE(diary, QStringList({QStringLiteral("made one"), QStringLiteral("one:show:a"),
                                     QStringLiteral("one:on"), QStringLiteral("made two"),
                                     QStringLiteral("one:off"), QStringLiteral("two:show:"),
                                     QStringLiteral("two:on")}));
        diary.clear();
        stack.back();
        QCOMPARE(stack.currentRoute(), QStringLiteral("one/a"));
        QCOMPARE(diary, QStringList({QStringLiteral("two:off"), QStringLiteral("one:show:a"),
                                     QStringLiteral("one:on")}));
        QVERIFY(!stack.canGoBack());
        QVERIFY(stack.canGoForward());
    }

    void remembersWhereAPageWentByItself()
    {
        QStringList diary;
        ui::PageStack stack(entries(diary), {});
        stack.open(QStringLiteral("one"));
        Q_EMIT stack.currentPage()->routeChanged(QStringLiteral("x"));
        Q_EMIT stack.currentPage()->routeChanged(QStringLiteral("y"));
        QCOMPARE(stack.currentRoute(), QStringLiteral("one/y"));
        stack.back();
        QCOMPARE(stack.currentRoute(), QStringLiteral("one/x"));
        stack.back();
        QCOMPARE(stack.currentRoute(), QStringLiteral("one"));
        // A new way cuts off the old one.
        stack.open(QStringLiteral("two"));
        QVERIFY(!stack.canGoForward());
        // A page that is not shown has no say.
        stack.back();
        Page* one = stack.currentPage();
        stack.open(QStringLiteral("two"));
        Q_EMIT one->routeChanged(QStringLiteral("z"));
        QCOMPARE(stack.currentRoute(), QStringLiteral("two"));
    }

    void findsShortcutConflicts()
    {
        QWidget window;
        ui::ActionCollection actions(&window);
        actions.add({QStringLiteral("a"), QStringLiteral("A"), {}, QKeySequence(Qt::CTRL | Qt::Key_A)}, [] {});
        actions.add({QStringLiteral("b"), QStringLiteral("B"), {}, {}}, [] {});
        actions.add({QStringLiteral("c"), QStringLiteral("C"), {}, {}}, [] {});
        QVERIFY(actions.conflicts().isEmpty());
        QAction other;
        other.setObjectName(QStringLiteral("page"));
        other.setShortcut(QKeySequence(Qt::CTRL | Qt::Key_A));
        QCOMPARE(actions.conflicts({&other}).size(), 1);
    }

    void textCanBeRead_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void textCanBeRead()
    {
        QFETCH(bool, dark);
        const auto& roles = (dark ? widgets::darkColors() : widgets::lightColors()).roles;
        const Theme::Role grounds[] = {Theme::Window, Theme::Sidebar, Theme::Surface, Theme::Raised,
                                       Theme::Hover, Theme::Selected, Theme::CodeBackground};
        for (const Theme::Role ground : grounds) {
            QVERIFY2(contrast(roles[Theme::Text], roles[ground]) >= 7, widgets::roleName(ground));
            QVERIFY2(contrast(roles[Theme::MutedText], roles[ground]) >= 4.5,
                     widgets::roleName(ground));
        }
        const std::pair<Theme::Role, Theme::Role> pairs[] = {
            {Theme::OnAccent, Theme::Accent},     {Theme::OnAccent, Theme::AccentHover},
            {Theme::Accent, Theme::AccentSoft},   {Theme::Success, Theme::SuccessSoft},
            {Theme::Warning, Theme::WarningSoft}, {Theme::Error, Theme::ErrorSoft},
            {Theme::Info, Theme::InfoSoft},       {Theme::Error, Theme::Surface},
            {Theme::Accent, Theme::Selected},
        };
        for (const auto& [text, ground] : pairs)
            QVERIFY2(contrast(roles[text], roles[ground]) >= 4.5, widgets::roleName(ground));
    }

    void theStyleSheetNamesWhatThereIs()
    {
        QStringList known{QStringLiteral("scheme")};
        for (int role = 0; role < Theme::RoleCount; ++role)
            known.append(QLatin1String(widgets::roleName(Theme::Role(role))));
        QFile file(QStringLiteral(":/themes/gantry.qss"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QString sheet = QString::fromUtf8(file.readAll());
        const QRegularExpression comment(QStringLiteral("/\\*.*?\\*/"),
                                         QRegularExpression::DotMatchesEverythingOption);
        sheet.remove(comment);
        auto names = QRegularExpression(QStringLiteral("@([A-Za-z]+)")).globalMatch(sheet);
        while (names.hasNext()) {
            const QString name = names.next().captured(1);
            QVERIFY2(known.contains(name), qPrintable(name));
        }
        auto urls = QRegularExpression(QStringLiteral("url\\((.*?)\\)")).globalMatch(sheet);
        while (urls.hasNext()) {
            const QString url = urls.next().captured(1);
            for (const char* scheme : {"light", "dark"}) {
                const QString path = QString(url).replace(QStringLiteral("@scheme"), QLatin1String(scheme));
                QVERIFY2(QFile::exists(path), qPrintable(path));
            }
        }
    }

    void everyIconDrawsSomething()
    {
        const QStringList files = QDir(QStringLiteral(":/icons")).entryList();
        QVERIFY(files.size() >= 25);
        for (const QString& file : files) {
            const QImage image = Theme::current()
                                     .pixmap(file.chopped(4), 20, Theme::Text, 1.0)
                                     .toImage();
            int inked = 0;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x)
                    inked += qAlpha(image.pixel(x, y)) > 100;
            }
            QVERIFY2(inked > 4, qPrintable(file));
        }
    }

    void iconsFollowTheTheme()
    {
        const QIcon icon = Theme::current().icon(QStringLiteral("stop"), Theme::Text);
        const auto lightest = [&] {
            const QImage image = icon.pixmap(20, 20).toImage();
            int value = 0;
            for (int y = 0; y < 20; ++y) {
                for (int x = 0; x < 20; ++x) {
                    if (qAlpha(image.pixel(x, y)) > 200)
                        value = qMax(value, image.pixelColor(x, y).lightness());
                }
            }
            return value;
        };
        Theme::current().setMode(Theme::Mode::Light);
        QVERIFY(lightest() < 100);
        Theme::current().setMode(Theme::Mode::Dark);
        QVERIFY(lightest() > 150);
        Theme::current().setMode(Theme::Mode::Light);
    }

    void followsTheDesktopInSystemMode()
    {
        Theme& theme = Theme::current();
        QSignalSpy changes(&theme, &Theme::changed);
        theme.setMode(Theme::Mode::System);
        theme.setSystemDark(true);
        QVERIFY(theme.isDark());
        theme.setMode(Theme::Mode::Light);
        QVERIFY(!theme.isDark());
        theme.setSystemDark(false);
        theme.setSystemDark(true);
        QVERIFY(!theme.isDark());
        theme.setSystemDark(false);
        QCOMPARE(changes.count(), 2);
    }

    void readsGtkSettings_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("dark");
        QTest::newRow("prefers") << QByteArray("[Settings]\ngtk-application-prefer-dark-theme=1\n") << true;
        QTest::newRow("does not") << QByteArray("[Settings]\ngtk-application-prefer-dark-theme=0\n") << false;
        QTest::newRow("theme") << QByteArray("[Settings]\ngtk-theme-name=Adwaita-dark\n") << true;
        QTest::newRow("empty") << QByteArray() << false;
    }
    void readsGtkSettings()
    {
        QFETCH(QByteArray, text);
        const QTemporaryDir dir;
        QFile file(dir.filePath(QStringLiteral("settings.ini")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
        file.close();
        QTEST(ui::SystemScheme::gtkPrefersDark(file.fileName()), "dark");
    }

    void aMessageMayCarryOneButton()
    {
        widgets::MessageBar bar;
        int pressed = 0;
        bar.showMessage(QStringLiteral("Too old"), widgets::Badge::Tone::Warning,
                        QStringLiteral("Restart"), [&] { ++pressed; });
        QCOMPARE(bar.text(), QStringLiteral("Too old"));
        auto* button = bar.findChild<QPushButton*>(QStringLiteral("messageButton"));
        button->click();
        QCOMPARE(pressed, 1);
        QVERIFY(bar.text().isEmpty());
        bar.showMessage(QStringLiteral("Done"), widgets::Badge::Tone::Success);
        QVERIFY(button->isHidden());
    }

private:
    using Page = ui::Page;

    static std::vector<ui::PageEntry> entries(QStringList& diary)
    {
        std::vector<ui::PageEntry> made;
        for (const char* id : {"one", "two"}) {
            const QString name = QLatin1String(id);
            made.push_back({name, name, {}, {}, [name, &diary](const ui::Services&, QWidget*) {
                                diary.append(QStringLiteral("made ") + name);
                                return new DiaryPage(name, diary);
                            }});
        }
        return made;
    }
};

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    Theme::current().install(application);
    ShellLogicTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "shell_logic_test.moc"
