<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko_KR">
<context>
    <name>app::AdapterFit</name>
    <message>
        <source>%1: there are no LoRA matrices in it.</source>
        <translation>%1: LoRA 행렬이 없습니다.</translation>
    </message>
    <message>
        <source>Choose a folder that PEFT saved.</source>
        <translation>PEFT가 저장한 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>Choose the base model that the adapter was trained on.</source>
        <translation>어댑터를 학습한 베이스 모델을 선택하십시오.</translation>
    </message>
    <message>
        <source>%1: layer %2 is adapted, %3 has %4 layers.</source>
        <translation>%1: 레이어 %2에 적용되지만 %3에는 레이어가 %4개입니다.</translation>
    </message>
    <message>
        <source>%1: it is for %2 numbers, %3 has %4.</source>
        <translation>%1: 크기가 %2이지만 %3은(는) %4입니다.</translation>
    </message>
</context>
<context>
    <name>app::AdapterFolder</name>
    <message>
        <source>%1, step %2</source>
        <translation>%1, 스텝 %2</translation>
    </message>
</context>
<context>
    <name>app::AdapterImport</name>
    <message>
        <source>%1: there is no %2 here.</source>
        <translation>%1: 여기에 %2이(가) 없습니다.</translation>
    </message>
    <message>
        <source>Choose a folder that PEFT saved.</source>
        <translation>PEFT가 저장한 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>cannot make this folder</source>
        <translation>이 폴더를 만들 수 없습니다</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
    <message>
        <source>cannot be copied</source>
        <translation>복사할 수 없습니다</translation>
    </message>
    <message>
        <source>Import the adapter %1</source>
        <translation>어댑터 가져오기: %1</translation>
    </message>
</context>
<context>
    <name>app::AdapterListModel</name>
    <message>
        <source>Result</source>
        <translation>결과</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>체크포인트</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>가져옴</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>종류</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>랭크</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>대상 행렬</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Parent</source>
        <translation>상위 어댑터</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>만든 시각</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>태그</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>메모</translation>
    </message>
</context>
<context>
    <name>app::AdapterVerify</name>
    <message>
        <source>%1: the catalog has no checksum to compare with; the file&apos;s is %2.</source>
        <translation>%1: 카탈로그에 비교할 체크섬이 없습니다. 파일의 체크섬은 %2입니다.</translation>
    </message>
    <message>
        <source>%1: its SHA-256 is %2, the catalog has %3.</source>
        <translation>%1: 파일의 SHA-256은 %2이지만 카탈로그에는 %3(으)로 기록되어 있습니다.</translation>
    </message>
    <message>
        <source>The file was changed after the run; export again from a checkpoint if you did not change it.</source>
        <translation>실행이 끝난 뒤 파일이 변경되었습니다. 직접 변경하지 않았다면 체크포인트에서 다시 내보내십시오.</translation>
    </message>
    <message>
        <source>Verify %1</source>
        <translation>검증: %1</translation>
    </message>
    <message>
        <source>Import the adapter again to have one.</source>
        <translation>체크섬을 두려면 어댑터를 다시 가져오십시오.</translation>
    </message>
</context>
<context>
    <name>app::Application</name>
    <message>
        <source>Sample model</source>
        <translation>샘플 모델</translation>
    </message>
    <message>
        <source>Sample: %1</source>
        <translation>샘플: %1</translation>
    </message>
</context>
<context>
    <name>app::Catalog</name>
    <message>
        <source>cannot write here</source>
        <translation>이곳에 쓸 수 없습니다</translation>
    </message>
    <message>
        <source>%1 was damaged and is kept as %2.</source>
        <translation>%1이(가) 손상되어 %2(으)로 보관했습니다.</translation>
    </message>
    <message>
        <source>The catalog is being rebuilt from the workspace&apos;s files.</source>
        <translation>워크스페이스의 파일로 카탈로그를 다시 만들고 있습니다.</translation>
    </message>
    <message>
        <source>%1: a worker trains here.</source>
        <translation>%1: 워커가 이곳에서 학습하고 있습니다.</translation>
    </message>
    <message>
        <source>Stop the run first.</source>
        <translation>먼저 실행을 중지하십시오.</translation>
    </message>
</context>
<context>
    <name>app::Comparison</name>
    <message>
        <source>all</source>
        <translation>전체</translation>
    </message>
    <message>
        <source>on</source>
        <translation>켬</translation>
    </message>
    <message>
        <source>off</source>
        <translation>끔</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Data set</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>Target matrices</source>
        <translation>대상 행렬</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>레이어</translation>
    </message>
    <message>
        <source>Other ranks</source>
        <translation>개별 랭크</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>스텝 수</translation>
    </message>
    <message>
        <source>Training loss</source>
        <translation>학습 손실</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>퍼플렉서티</translation>
    </message>
    <message>
        <source>Trainable parameters</source>
        <translation>학습 파라미터 수</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>토큰 수</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>초당 토큰 수</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>시간</translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation>최대 메모리</translation>
    </message>
    <message>
        <source>Evaluation loss</source>
        <translation>평가 손실</translation>
    </message>
</context>
<context>
    <name>app::Database</name>
    <message>
        <source>%1: another program keeps the catalog busy.</source>
        <translation>%1: 다른 프로그램이 카탈로그를 사용하고 있습니다.</translation>
    </message>
    <message>
        <source>Close other studios on this workspace and try again.</source>
        <translation>이 워크스페이스를 연 다른 스튜디오를 닫고 다시 시도하십시오.</translation>
    </message>
    <message>
        <source>%1: the catalog is damaged (%2).</source>
        <translation>%1: 카탈로그가 손상되었습니다(%2).</translation>
    </message>
    <message>
        <source>Rebuild it: it is only an index of the workspace&apos;s files.</source>
        <translation>다시 만드십시오. 카탈로그는 워크스페이스 파일의 색인일 뿐입니다.</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
</context>
<context>
    <name>app::DatasetImport</name>
    <message>
        <source>%1: there is no such file.</source>
        <translation>%1: 파일이 없습니다.</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
    <message>
        <source>Import %1</source>
        <translation>가져오기: %1</translation>
    </message>
</context>
<context>
    <name>app::DatasetListModel</name>
    <message>
        <source>Data set</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>형식</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>행</translation>
    </message>
    <message>
        <source>With warnings</source>
        <translation>경고</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>거부</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>추가한 시각</translation>
    </message>
    <message>
        <source>File</source>
        <translation>파일</translation>
    </message>
</context>
<context>
    <name>app::DatasetRowsModel</name>
    <message>
        <source>Row</source>
        <translation>행</translation>
    </message>
    <message>
        <source>As the model reads it</source>
        <translation>모델이 읽는 형태</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>토큰</translation>
    </message>
    <message>
        <source>With loss</source>
        <translation>손실 계산</translation>
    </message>
</context>
<context>
    <name>app::DetachedRun</name>
    <message>
        <source>%1 could not be started: %2.</source>
        <translation>%1을(를) 시작할 수 없습니다: %2.</translation>
    </message>
    <message>
        <source>The run is saved; resume it when the studio starts again.</source>
        <translation>실행은 저장되었습니다. 스튜디오를 다시 시작하여 이어서 실행하십시오.</translation>
    </message>
    <message>
        <source>Another program trains in %1.</source>
        <translation>다른 프로그램이 %1에서 학습하고 있습니다.</translation>
    </message>
    <message>
        <source>Stop it where it was started: in the other studio, or with Ctrl-C in its terminal.</source>
        <translation>시작한 곳에서 중지하십시오. 다른 스튜디오에서 중지하거나 해당 터미널에서 Ctrl-C를 누르십시오.</translation>
    </message>
</context>
<context>
    <name>app::ErrorText</name>
    <message>
        <source>Check that the file or folder still exists.</source>
        <translation>파일이나 폴더가 아직 있는지 확인하십시오.</translation>
    </message>
    <message>
        <source>Check the disk&apos;s free space and the folder&apos;s rights.</source>
        <translation>디스크의 여유 공간과 폴더의 권한을 확인하십시오.</translation>
    </message>
    <message>
        <source>Make the micro batch or the length smaller, or close other programs.</source>
        <translation>마이크로 배치나 길이를 줄이거나 다른 프로그램을 닫으십시오.</translation>
    </message>
    <message>
        <source>Make the micro batch or the length smaller.</source>
        <translation>마이크로 배치나 길이를 줄이십시오.</translation>
    </message>
    <message>
        <source>This is a fault of the program: please report it with the run&apos;s log.</source>
        <translation>프로그램의 오류입니다. 실행 로그와 함께 알려 주십시오.</translation>
    </message>
    <message>
        <source>%1: this disk can only be read.</source>
        <translation>%1: 읽기 전용 디스크입니다.</translation>
    </message>
    <message>
        <source>Choose a workspace folder on another disk in Settings.</source>
        <translation>설정에서 다른 디스크의 워크스페이스 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>%1: the disk is full (%2 KB free).</source>
        <translation>%1: 디스크가 가득 찼습니다(%2 KB 남음).</translation>
    </message>
    <message>
        <source>Free some space and try again; what was there before is unharmed.</source>
        <translation>공간을 확보하고 다시 시도하십시오. 기존 내용은 그대로 남아 있습니다.</translation>
    </message>
    <message>
        <source>%1: you may not write in this folder.</source>
        <translation>%1: 이 폴더에 쓸 권한이 없습니다.</translation>
    </message>
    <message>
        <source>Change the folder&apos;s rights, or choose another workspace in Settings.</source>
        <translation>폴더의 권한을 바꾸거나 설정에서 다른 워크스페이스를 선택하십시오.</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
    <message>
        <source>Continue the run from its last checkpoint.</source>
        <translation>마지막 체크포인트에서 실행을 계속하십시오.</translation>
    </message>
    <message>
        <source>Try again, and close other programs if memory is short.</source>
        <translation>다시 시도하고, 메모리가 부족하면 다른 프로그램을 닫으십시오.</translation>
    </message>
    <message>
        <source>Copy or download the file again, or correct it at the place named.</source>
        <translation>파일을 다시 복사하거나 내려받으십시오. 또는 알려진 위치를 고치십시오.</translation>
    </message>
    <message>
        <source>Choose a model or file of another kind.</source>
        <translation>다른 종류의 모델이나 파일을 선택하십시오.</translation>
    </message>
    <message>
        <source>“%1” is not a whole path.</source>
        <translation>“%1”은(는) 전체 경로가 아닙니다.</translation>
    </message>
    <message>
        <source>%1 is a file.</source>
        <translation>%1은(는) 파일입니다.</translation>
    </message>
    <message>
        <source>no folder can be made here</source>
        <translation>여기에는 폴더를 만들 수 없습니다</translation>
    </message>
</context>
<context>
    <name>app::Files</name>
    <message>
        <source>%1: there is no such file.</source>
        <translation>%1: 파일이 없습니다.</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
    <message>
        <source>%1: %2 bytes, at most %3 are read.</source>
        <translation>%1: %2바이트입니다. 최대 %3바이트까지 읽습니다.</translation>
    </message>
    <message>
        <source>%1: not a JSON object (%2 at byte %3).</source>
        <translation>%1: JSON 객체가 아닙니다(%3번째 바이트: %2).</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
</context>
<context>
    <name>app::HumanText</name>
    <message>
        <source>%1 s</source>
        <translation>%1초</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1분 %2초</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1시간 %2분</translation>
    </message>
</context>
<context>
    <name>app::MemoryEstimate</name>
    <message>
        <source>Program and data</source>
        <translation>프로그램과 데이터</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>기울기</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>옵티마이저</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>활성값</translation>
    </message>
    <message>
        <source>LoRA-GA&apos;s start</source>
        <translation>LoRA-GA 초기화</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>샘플</translation>
    </message>
</context>
<context>
    <name>app::MemoryFit</name>
    <message>
        <source>micro-batch %1 -&gt; %2, accumulated %3 times</source>
        <translation>마이크로 배치 %1 -&gt; %2, 누적 %3회</translation>
    </message>
    <message>
        <source>activations recomputed</source>
        <translation>활성값 재계산</translation>
    </message>
    <message>
        <source>the base in 4 bits</source>
        <translation>베이스 4비트</translation>
    </message>
    <message>
        <source>length %1</source>
        <translation>길이 %1</translation>
    </message>
</context>
<context>
    <name>app::Metric</name>
    <message>
        <source>Training loss</source>
        <translation>학습 손실</translation>
    </message>
    <message>
        <source>Evaluation loss</source>
        <translation>평가 손실</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>학습률</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>기울기 노름</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>초당 토큰 수</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>메모리</translation>
    </message>
    <message>
        <source>Mean over the last %1 steps.</source>
        <translation>마지막 %1개 스텝의 평균입니다.</translation>
    </message>
    <message>
        <source>The lowest of the run&apos;s evaluations.</source>
        <translation>이 실행의 평가 중 가장 낮은 값입니다.</translation>
    </message>
</context>
<context>
    <name>app::Migrator</name>
    <message>
        <source>%1: made by a newer studio (schema %2, this studio knows up to %3).</source>
        <translation>%1: 더 새로운 스튜디오에서 만들었습니다(스키마 %2, 이 스튜디오는 %3까지 지원).</translation>
    </message>
    <message>
        <source>Install the newer studio to change this workspace; until then it can only be read.</source>
        <translation>이 워크스페이스를 변경하려면 새 버전의 스튜디오를 설치하십시오. 그때까지는 읽을 수만 있습니다.</translation>
    </message>
</context>
<context>
    <name>app::ModelImport</name>
    <message>
        <source>mixed</source>
        <translation>혼합</translation>
    </message>
    <message>
        <source>%1, %2 tokens</source>
        <translation>%1, 토큰 %2개</translation>
    </message>
    <message>
        <source>in the tokenizer</source>
        <translation>토크나이저에 있음</translation>
    </message>
    <message>
        <source>A GGUF file cannot be trained on; choose the Hugging Face folder of the same model.</source>
        <translation>GGUF 파일로는 학습할 수 없습니다. 같은 모델의 Hugging Face 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>This is not a model folder.</source>
        <translation>모델 폴더가 아닙니다.</translation>
    </message>
    <message>
        <source>%1 does not exist any more.</source>
        <translation>%1이(가) 더 이상 없습니다.</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
    <message>
        <source>%1: no model is here.</source>
        <translation>%1: 이곳에 모델이 없습니다.</translation>
    </message>
    <message>
        <source>Choose a folder that holds config.json and .safetensors files, or a folder above it.</source>
        <translation>config.json과 .safetensors 파일이 있는 폴더나 그 상위 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>Look for models in %1</source>
        <translation>모델 찾기: %1</translation>
    </message>
    <message>
        <source>%1 is not there. Copy it from where the model came from.</source>
        <translation>%1이(가) 없습니다. 모델을 받은 곳에서 복사하십시오.</translation>
    </message>
</context>
<context>
    <name>app::ModelListModel</name>
    <message>
        <source>Model</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>계열</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>파라미터 수</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>가중치</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>토크나이저</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>채팅 템플릿</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>라이선스</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Cannot be used because</source>
        <translation>사용할 수 없는 이유</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>State</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>준비됨</translation>
    </message>
    <message>
        <source>✕ cannot be used</source>
        <translation>✕ 쓸 수 없음</translation>
    </message>
</context>
<context>
    <name>app::Paths</name>
    <message>
        <source>cannot make this folder</source>
        <translation>이 폴더를 만들 수 없습니다</translation>
    </message>
    <message>
        <source>%1: %2 folders of this name exist.</source>
        <translation>%1: 이 이름의 폴더가 %2개 있습니다.</translation>
    </message>
</context>
<context>
    <name>app::RunController</name>
    <message>
        <source>Not an event: %1</source>
        <translation>이벤트가 아님: %1</translation>
    </message>
    <message>
        <source>The worker ended without saying that the run is finished.</source>
        <translation>워커가 실행 완료를 알리지 않고 종료되었습니다.</translation>
    </message>
    <message>
        <source>The worker did not stop when it was asked, and was ended.</source>
        <translation>워커가 중지 요청에 응하지 않아 종료되었습니다.</translation>
    </message>
    <message>
        <source>“Continue” starts it again.</source>
        <translation>“계속”을 누르면 처음부터 다시 시작합니다.</translation>
    </message>
    <message>
        <source>None of its %1 steps is saved: “Continue” starts from the first.</source>
        <translation>%1 스텝까지 진행했지만 저장된 것이 없습니다. “계속”을 누르면 처음부터 시작합니다.</translation>
    </message>
    <message>
        <source>Step %1 is saved, step %2 was reached: “Continue” does the steps between again.</source>
        <translation>%1 스텝이 저장되었고 %2 스텝까지 진행했습니다. “계속”을 누르면 그 사이의 스텝을 다시 학습합니다.</translation>
    </message>
    <message>
        <source>Step %1 is saved: “Continue” goes on from there.</source>
        <translation>%1 스텝이 저장되었습니다. “계속”을 누르면 거기서부터 이어서 학습합니다.</translation>
    </message>
</context>
<context>
    <name>app::RunCreation</name>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
    <message>
        <source>Make the run&apos;s folder</source>
        <translation>실행 폴더 만들기</translation>
    </message>
</context>
<context>
    <name>app::RunFields</name>
    <message>
        <source>Name</source>
        <translation>이름</translation>
    </message>
    <message>
        <source>What the run is called in every list.</source>
        <translation>모든 목록에 표시되는 실행의 이름입니다.</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>방법</translation>
    </message>
    <message>
        <source>Train adapters, or every weight of the model (full).</source>
        <translation>어댑터를 학습하거나 모델의 모든 가중치를 학습합니다(full).</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>랭크</translation>
    </message>
    <message>
        <source>Width of the adapter&apos;s two matrices: more can learn more and costs more memory.</source>
        <translation>어댑터를 이루는 두 행렬의 너비입니다. 클수록 더 많이 배울 수 있고 메모리를 더 씁니다.</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>알파</translation>
    </message>
    <message>
        <source>Strength of the adapter: its output is scaled by alpha / rank.</source>
        <translation>어댑터의 세기입니다. 출력에 알파 / 랭크를 곱합니다.</translation>
    </message>
    <message>
        <source>Rank-stabilised scale</source>
        <translation>랭크 안정화 스케일</translation>
    </message>
    <message>
        <source>Scale by alpha / sqrt(rank) instead, so that high ranks keep learning.</source>
        <translation>대신 알파 / sqrt(랭크)를 곱하여 랭크가 높아도 학습이 이어지게 합니다.</translation>
    </message>
    <message>
        <source>Dropout</source>
        <translation>드롭아웃</translation>
    </message>
    <message>
        <source>Share of the adapter&apos;s inputs left out at random while training.</source>
        <translation>학습 중에 무작위로 제외하는 어댑터 입력의 비율입니다.</translation>
    </message>
    <message>
        <source>Start of the adapter</source>
        <translation>어댑터 초기화</translation>
    </message>
    <message>
        <source>LoRA starts from nothing; LoRA-GA starts along the model&apos;s own gradient.</source>
        <translation>LoRA는 0에서 시작하고, LoRA-GA는 모델 자체의 기울기 방향에서 시작합니다.</translation>
    </message>
    <message>
        <source>LoRA-GA batches</source>
        <translation>LoRA-GA 배치 수</translation>
    </message>
    <message>
        <source>Micro batches whose gradients are averaged before the start.</source>
        <translation>시작 전에 기울기를 평균하는 마이크로 배치의 수입니다.</translation>
    </message>
    <message>
        <source>LoRA-GA direction</source>
        <translation>LoRA-GA 방향</translation>
    </message>
    <message>
        <source>Which singular vectors of the gradient the two matrices take.</source>
        <translation>두 행렬이 기울기의 어느 특이 벡터를 사용할지 정합니다.</translation>
    </message>
    <message>
        <source>LoRA-GA scale</source>
        <translation>LoRA-GA 스케일</translation>
    </message>
    <message>
        <source>How long the singular vectors are made.</source>
        <translation>특이 벡터의 길이를 정합니다.</translation>
    </message>
    <message>
        <source>LoRA-GA gamma</source>
        <translation>LoRA-GA 감마</translation>
    </message>
    <message>
        <source>Divisor of the stable scale: larger starts closer to the base model.</source>
        <translation>stable 스케일의 나눗수입니다. 클수록 베이스 모델에 가깝게 시작합니다.</translation>
    </message>
    <message>
        <source>LoRA+ ratio</source>
        <translation>LoRA+ 비율</translation>
    </message>
    <message>
        <source>Learning rate of B over that of A; 1 is plain LoRA, 16 is usual for LoRA+.</source>
        <translation>A의 학습률에 대한 B의 학습률의 비율입니다. 1은 일반 LoRA이며 LoRA+에서는 보통 16입니다.</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>학습률</translation>
    </message>
    <message>
        <source>Highest rate of the schedule, for matrix A.</source>
        <translation>스케줄의 최대 학습률이며 행렬 A에 적용됩니다.</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>옵티마이저</translation>
    </message>
    <message>
        <source>AdamW, or plain gradient descent.</source>
        <translation>AdamW 또는 기본 경사 하강법입니다.</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>스케줄</translation>
    </message>
    <message>
        <source>How the learning rate falls after the warm-up.</source>
        <translation>워밍업 뒤에 학습률이 줄어드는 방식입니다.</translation>
    </message>
    <message>
        <source>Warm-up share</source>
        <translation>워밍업 비율</translation>
    </message>
    <message>
        <source>Share of the steps in which the rate rises from 0.</source>
        <translation>학습률이 0에서 올라가는 스텝의 비율입니다.</translation>
    </message>
    <message>
        <source>Warm-up steps</source>
        <translation>워밍업 스텝</translation>
    </message>
    <message>
        <source>Steps in which the rate rises from 0.</source>
        <translation>학습률이 0에서 올라가는 스텝 수입니다.</translation>
    </message>
    <message>
        <source>from the warm-up share</source>
        <translation>워밍업 비율에 따름</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>가중치 감쇠</translation>
    </message>
    <message>
        <source>Pulls the adapter&apos;s weights towards 0 a little at every step.</source>
        <translation>스텝마다 어댑터의 가중치를 0 쪽으로 조금씩 당깁니다.</translation>
    </message>
    <message>
        <source>Beta 1</source>
        <translation>베타 1</translation>
    </message>
    <message>
        <source>AdamW: how slowly the mean gradient follows.</source>
        <translation>AdamW: 기울기 평균이 따라가는 느린 정도입니다.</translation>
    </message>
    <message>
        <source>Beta 2</source>
        <translation>베타 2</translation>
    </message>
    <message>
        <source>AdamW: how slowly the mean squared gradient follows.</source>
        <translation>AdamW: 기울기 제곱 평균이 따라가는 느린 정도입니다.</translation>
    </message>
    <message>
        <source>Epsilon</source>
        <translation>엡실론</translation>
    </message>
    <message>
        <source>AdamW: keeps the division safe.</source>
        <translation>AdamW: 나눗셈을 안전하게 합니다.</translation>
    </message>
    <message>
        <source>Gradient limit</source>
        <translation>기울기 한도</translation>
    </message>
    <message>
        <source>Longer gradients are cut to this norm; 0 switches it off.</source>
        <translation>더 긴 기울기를 이 노름으로 자릅니다. 0이면 사용하지 않습니다.</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>에포크</translation>
    </message>
    <message>
        <source>Passes over the data.</source>
        <translation>데이터를 반복하는 횟수입니다.</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>스텝 수</translation>
    </message>
    <message>
        <source>Optimizer steps in all.</source>
        <translation>전체 옵티마이저 스텝 수입니다.</translation>
    </message>
    <message>
        <source>from the epochs</source>
        <translation>에포크에 따름</translation>
    </message>
    <message>
        <source>Micro batch</source>
        <translation>마이크로 배치</translation>
    </message>
    <message>
        <source>Rows computed at once: less needs less memory.</source>
        <translation>한 번에 계산하는 행의 수입니다. 작을수록 메모리를 덜 씁니다.</translation>
    </message>
    <message>
        <source>what fits the memory</source>
        <translation>메모리에 맞게</translation>
    </message>
    <message>
        <source>Accumulation</source>
        <translation>기울기 누적</translation>
    </message>
    <message>
        <source>Micro batches that make one step.</source>
        <translation>한 스텝을 이루는 마이크로 배치의 수입니다.</translation>
    </message>
    <message>
        <source>16 rows a step</source>
        <translation>스텝당 16행</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>길이</translation>
    </message>
    <message>
        <source>Longest sequence in tokens; longer examples are cut.</source>
        <translation>시퀀스의 최대 토큰 수입니다. 더 긴 예제는 잘립니다.</translation>
    </message>
    <message>
        <source>from the data</source>
        <translation>데이터에 따름</translation>
    </message>
    <message>
        <source>Packing</source>
        <translation>패킹</translation>
    </message>
    <message>
        <source>Several examples share a row; none sees its neighbour.</source>
        <translation>여러 예제가 한 행을 나누어 쓰며 서로 보지 못합니다.</translation>
    </message>
    <message>
        <source>Learn the answer only</source>
        <translation>답변만 학습</translation>
    </message>
    <message>
        <source>The prompt is read but carries no loss.</source>
        <translation>프롬프트는 읽기만 하고 손실에 넣지 않습니다.</translation>
    </message>
    <message>
        <source>Shuffle</source>
        <translation>섞기</translation>
    </message>
    <message>
        <source>Take the rows in a random order that the seed fixes.</source>
        <translation>시드로 정해지는 무작위 순서로 행을 사용합니다.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>시드</translation>
    </message>
    <message>
        <source>Same seed, same settings: same run.</source>
        <translation>시드와 설정이 같으면 실행 결과도 같습니다.</translation>
    </message>
    <message>
        <source>Evaluation data</source>
        <translation>평가 데이터</translation>
    </message>
    <message>
        <source>Held-out data: a file, or a share of the data such as 0.05; empty for none.</source>
        <translation>평가용으로 떼어 둔 데이터입니다. 파일 또는 0.05와 같은 데이터 비율이며, 비워 두면 사용하지 않습니다.</translation>
    </message>
    <message>
        <source>Evaluate every</source>
        <translation>평가 간격</translation>
    </message>
    <message>
        <source>Steps between evaluations.</source>
        <translation>평가 사이의 스텝 수입니다.</translation>
    </message>
    <message>
        <source>each epoch</source>
        <translation>에포크마다</translation>
    </message>
    <message>
        <source>Stop early after</source>
        <translation>조기 종료</translation>
    </message>
    <message>
        <source>Evaluations without improvement before the run ends.</source>
        <translation>개선 없는 평가가 이 횟수만큼 이어지면 실행을 끝냅니다.</translation>
    </message>
    <message>
        <source>off</source>
        <translation>끔</translation>
    </message>
    <message>
        <source>Save every</source>
        <translation>저장 간격</translation>
    </message>
    <message>
        <source>Steps between checkpoints.</source>
        <translation>체크포인트 사이의 스텝 수입니다.</translation>
    </message>
    <message>
        <source>by time only</source>
        <translation>시간 기준만</translation>
    </message>
    <message>
        <source>Save every (minutes)</source>
        <translation>저장 간격(분)</translation>
    </message>
    <message>
        <source>Minutes between checkpoints.</source>
        <translation>체크포인트 사이의 시간(분)입니다.</translation>
    </message>
    <message>
        <source>by steps only</source>
        <translation>스텝 기준만</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>보관 수</translation>
    </message>
    <message>
        <source>Checkpoints kept besides the best.</source>
        <translation>최고 체크포인트 외에 보관하는 체크포인트의 수입니다.</translation>
    </message>
    <message>
        <source>Sample prompts</source>
        <translation>샘플 프롬프트</translation>
    </message>
    <message>
        <source>Prompts that are answered while training, one a line.</source>
        <translation>학습 중에 답변할 프롬프트입니다. 한 줄에 하나씩 적습니다.</translation>
    </message>
    <message>
        <source>Sample every</source>
        <translation>샘플 간격</translation>
    </message>
    <message>
        <source>Steps between samples.</source>
        <translation>샘플 사이의 스텝 수입니다.</translation>
    </message>
    <message>
        <source>with each evaluation</source>
        <translation>평가할 때마다</translation>
    </message>
    <message>
        <source>Sample length</source>
        <translation>샘플 길이</translation>
    </message>
    <message>
        <source>Longest answer of a sample in tokens.</source>
        <translation>샘플 답변의 최대 토큰 수입니다.</translation>
    </message>
    <message>
        <source>Chat format</source>
        <translation>채팅 형식</translation>
    </message>
    <message>
        <source>How conversations are written for the model.</source>
        <translation>대화를 모델에 맞게 쓰는 방식입니다.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>장치</translation>
    </message>
    <message>
        <source>Where the run computes.</source>
        <translation>실행을 계산하는 장치입니다.</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>정밀도</translation>
    </message>
    <message>
        <source>What the base computes in; the adapter is always float32.</source>
        <translation>베이스 모델의 계산 정밀도입니다. 어댑터는 항상 float32입니다.</translation>
    </message>
    <message>
        <source>Base quantisation</source>
        <translation>베이스 양자화</translation>
    </message>
    <message>
        <source>How the frozen matrices are kept: nf4 takes about 4 bits a weight, int8 8. Less memory; a little less exact.</source>
        <translation>고정된 행렬을 저장하는 방식입니다. 가중치 하나에 nf4는 약 4비트, int8은 8비트를 씁니다. 메모리는 덜 쓰지만 정확도가 조금 낮아집니다.</translation>
    </message>
    <message>
        <source>Recompute activations</source>
        <translation>활성값 재계산</translation>
    </message>
    <message>
        <source>Needs much less memory and about a third more time.</source>
        <translation>메모리는 훨씬 덜 쓰고 시간은 3분의 1쯤 더 걸립니다.</translation>
    </message>
    <message>
        <source>Memory for activations</source>
        <translation>활성값 메모리</translation>
    </message>
    <message>
        <source>In MiB. Only so many blocks are recomputed that activations fit; between keeping all and recomputing all.</source>
        <translation>MiB 단위입니다. 활성값이 들어갈 만큼만 블록을 재계산하며, 모두 보관하는 것과 모두 재계산하는 것의 중간입니다.</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>제한 없음</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>스레드</translation>
    </message>
    <message>
        <source>Processor threads.</source>
        <translation>프로세서의 스레드 수입니다.</translation>
    </message>
    <message>
        <source>every core</source>
        <translation>모든 코어</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>메모</translation>
    </message>
    <message>
        <source>Anything to remember about the run.</source>
        <translation>실행에 대해 기억해 둘 내용입니다.</translation>
    </message>
    <message>
        <source>above 0</source>
        <translation>0 초과</translation>
    </message>
    <message>
        <source>%1 or more</source>
        <translation>%1 이상</translation>
    </message>
    <message>
        <source>above 0, at most %1</source>
        <translation>0 초과 %1 이하</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1~%2</translation>
    </message>
    <message>
        <source>TF32 products</source>
        <translation>TF32 곱셈</translation>
    </message>
    <message>
        <source>Float32 on a GPU only: products round their inputs to ten bits. Faster, less exact.</source>
        <translation>GPU의 float32에만 해당: 곱셈의 입력을 10비트로 반올림합니다. 더 빠르고 덜 정확합니다.</translation>
    </message>
</context>
<context>
    <name>app::RunListModel</name>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>State</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>스텝</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Data set</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>만든 시각</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>태그</translation>
    </message>
</context>
<context>
    <name>app::RunLog</name>
    <message>
        <source>Starts at step %1 of %2: %3 trainable parameters</source>
        <translation>%2개 스텝 중 스텝 %1에서 시작: 학습 파라미터 %3개</translation>
    </message>
    <message>
        <source>Step %1: evaluation loss %2</source>
        <translation>스텝 %1: 평가 손실 %2</translation>
    </message>
    <message>
        <source>Step %1: saved</source>
        <translation>스텝 %1: 저장됨</translation>
    </message>
    <message>
        <source>Step %1: stopped</source>
        <translation>스텝 %1: 중지됨</translation>
    </message>
    <message>
        <source>Step %1: stopped early</source>
        <translation>스텝 %1: 조기 종료됨</translation>
    </message>
    <message>
        <source>Step %1: finished</source>
        <translation>스텝 %1: 완료됨</translation>
    </message>
    <message>
        <source>%1, training loss %2</source>
        <translation>%1, 학습 손실 %2</translation>
    </message>
</context>
<context>
    <name>app::RunPastJob</name>
    <message>
        <source>Cancelled.</source>
        <translation>취소되었습니다.</translation>
    </message>
    <message>
        <source>Read the run</source>
        <translation>실행 읽기</translation>
    </message>
</context>
<context>
    <name>app::RunQueue</name>
    <message>
        <source>%1: another process trains here already.</source>
        <translation>%1: 다른 프로세스가 이미 이곳에서 학습하고 있습니다.</translation>
    </message>
    <message>
        <source>%1: this run waits or goes on.</source>
        <translation>%1: 이 실행은 대기 중이거나 진행 중입니다.</translation>
    </message>
    <message>
        <source>Stop it first, then delete it.</source>
        <translation>먼저 중지한 다음 삭제하세요.</translation>
    </message>
</context>
<context>
    <name>app::RunSpec</name>
    <message>
        <source>removes %1</source>
        <translation>%1 제거</translation>
    </message>
    <message>
        <source>removes layer %1</source>
        <translation>레이어 %1 제거</translation>
    </message>
    <message>
        <source>adds layer %1</source>
        <translation>레이어 %1 추가</translation>
    </message>
    <message>
        <source>adds %1</source>
        <translation>%1 추가</translation>
    </message>
    <message>
        <source>adds %1 and layer %2</source>
        <translation>%1 및 레이어 %2 추가</translation>
    </message>
    <message>
        <source>LoRA-GA starts along the model&apos;s gradient, so its best rate is near that of training every weight.</source>
        <translation>LoRA-GA는 모델의 기울기 방향에서 시작하므로 가장 좋은 학습률이 모든 가중치를 학습할 때와 비슷합니다.</translation>
    </message>
    <message>
        <source>With a LoRA+ ratio of %1 matrix B already learns %1 times faster than A.</source>
        <translation>LoRA+ 비율이 %1이면 행렬 B가 이미 A보다 %1배 빠르게 학습합니다.</translation>
    </message>
    <message>
        <source>The usual rate for LoRA, where matrix B starts from zero.</source>
        <translation>행렬 B가 0에서 시작하는 LoRA에서 흔히 쓰는 학습률입니다.</translation>
    </message>
    <message>
        <source>Choose a base model.</source>
        <translation>베이스 모델을 선택하십시오.</translation>
    </message>
    <message>
        <source>Choose a data set.</source>
        <translation>데이터 세트를 선택하십시오.</translation>
    </message>
    <message>
        <source>%1 does not exist any more.</source>
        <translation>%1이(가) 더 이상 없습니다.</translation>
    </message>
    <message>
        <source>Without effect: the run takes the %1 steps that are set. Set the steps to 0 to count epochs.</source>
        <translation>효과가 없습니다. 설정된 스텝 수 %1만큼 학습합니다. 에포크로 정하려면 스텝 수를 0으로 두십시오.</translation>
    </message>
    <message>
        <source>The base is so small that it needs a larger rate than others.</source>
        <translation>베이스 모델이 아주 작아서 다른 모델보다 큰 학습률이 필요합니다.</translation>
    </message>
    <message>
        <source>%1: there is no such file.</source>
        <translation>%1: 그런 파일이 없습니다.</translation>
    </message>
</context>
<context>
    <name>app::RunState</name>
    <message>
        <source>Waiting</source>
        <translation>대기 중</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>시작 중</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>불러오는 중</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>학습 중</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>일시 정지</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>중지 중</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>중지됨</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>Crashed</source>
        <translation>비정상 종료</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>중단됨</translation>
    </message>
    <message>
        <source>preparing LoRA-GA&apos;s start</source>
        <translation>LoRA-GA 초기값 준비 중</translation>
    </message>
    <message>
        <source>evaluating</source>
        <translation>평가 중</translation>
    </message>
    <message>
        <source>reading the data</source>
        <translation>데이터 읽는 중</translation>
    </message>
    <message>
        <source>encoding the data</source>
        <translation>데이터를 토큰으로 바꾸는 중</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>모델 불러오는 중</translation>
    </message>
    <message>
        <source>opening the device</source>
        <translation>장치를 여는 중</translation>
    </message>
</context>
<context>
    <name>app::ThreadJob</name>
    <message>
        <source>There is not enough memory for this.</source>
        <translation>이 작업에 필요한 메모리가 부족합니다.</translation>
    </message>
</context>
<context>
    <name>app::Trash</name>
    <message>
        <source>cannot be moved to the trash</source>
        <translation>휴지통으로 옮길 수 없습니다</translation>
    </message>
    <message>
        <source>cannot be brought back from the trash</source>
        <translation>휴지통에서 되돌릴 수 없습니다</translation>
    </message>
    <message>
        <source>cannot be removed</source>
        <translation>제거할 수 없습니다</translation>
    </message>
</context>
<context>
    <name>app::UtilityWorker</name>
    <message>
        <source>Check %1</source>
        <translation>점검: %1</translation>
    </message>
    <message>
        <source>Estimate the memory</source>
        <translation>메모리 추정</translation>
    </message>
    <message>
        <source>Export to %1</source>
        <translation>내보내기: %1</translation>
    </message>
    <message>
        <source>Look for devices</source>
        <translation>장치 찾기</translation>
    </message>
    <message>
        <source>Look at %1</source>
        <translation>살펴보기: %1</translation>
    </message>
    <message>
        <source>Measure what the adapter changed</source>
        <translation>어댑터의 변화량 측정</translation>
    </message>
</context>
<context>
    <name>app::WorkerClient</name>
    <message>
        <source>The program lowrank speaks protocol %1, this studio speaks %2.</source>
        <translation>lowrank 프로그램의 프로토콜은 %1이고 이 스튜디오의 프로토콜은 %2입니다.</translation>
    </message>
    <message>
        <source>Install the studio and lowrank of the same version.</source>
        <translation>같은 버전의 스튜디오와 lowrank를 설치하십시오.</translation>
    </message>
    <message>
        <source>The program lowrank could not be started: %1.</source>
        <translation>lowrank 프로그램을 시작할 수 없습니다: %1.</translation>
    </message>
    <message>
        <source>Install it beside the studio, or add it to PATH.</source>
        <translation>스튜디오와 같은 곳에 설치하거나 PATH에 추가하십시오.</translation>
    </message>
    <message>
        <source>The worker ran out of memory.</source>
        <translation>워커의 메모리가 부족합니다.</translation>
    </message>
    <message>
        <source>The worker lost its device.</source>
        <translation>워커가 장치를 잃었습니다.</translation>
    </message>
    <message>
        <source>The worker ended with code %1 and gave no reason.</source>
        <translation>워커가 이유를 알리지 않고 코드 %1(으)로 종료되었습니다.</translation>
    </message>
    <message>
        <source>The worker was killed (signal %1), as the system does when memory runs out.</source>
        <translation>워커가 강제 종료되었습니다(시그널 %1). 메모리가 부족할 때 시스템이 이렇게 합니다.</translation>
    </message>
    <message>
        <source>The worker crashed (signal %1).</source>
        <translation>워커가 비정상 종료되었습니다(시그널 %1).</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>The workspace cannot be opened</source>
        <translation>워크스페이스를 열 수 없습니다</translation>
    </message>
</context>
<context>
    <name>ui::BlindVote</name>
    <message>
        <source>Blin&amp;d vote</source>
        <translation>블라인드 투표(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;A is better</source>
        <translation>A가 더 좋음(&amp;A)</translation>
    </message>
    <message>
        <source>T&amp;ie</source>
        <translation>무승부(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;B is better</source>
        <translation>B가 더 좋음(&amp;B)</translation>
    </message>
    <message>
        <source>Answer A</source>
        <translation>답변 A</translation>
    </message>
    <message>
        <source>Answer B</source>
        <translation>답변 B</translation>
    </message>
    <message>
        <source>Hides who answers, in an order that is drawn, until you have chosen. Each question stands alone.</source>
        <translation>선택할 때까지 누가 답했는지 숨기고 무작위 순서로 보여 줍니다. 질문마다 따로 답합니다.</translation>
    </message>
    <message>
        <source>Choose two different adapters first: both sides have the same one.</source>
        <translation>먼저 서로 다른 어댑터 두 개를 선택하십시오. 양쪽이 같은 어댑터입니다.</translation>
    </message>
    <message>
        <source>No votes on these two yet.</source>
        <translation>이 둘에 대한 투표가 아직 없습니다.</translation>
    </message>
    <message>
        <source>Votes so far: %1 %2, ties %3, %4 %5</source>
        <translation>지금까지의 투표: %1 %2표, 무승부 %3표, %4 %5표</translation>
    </message>
</context>
<context>
    <name>ui::CatalogPage</name>
    <message>
        <source>result of a run</source>
        <translation>실행 결과</translation>
    </message>
    <message>
        <source>checkpoint</source>
        <translation>체크포인트</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>가져옴</translation>
    </message>
    <message>
        <source>Catalog</source>
        <translation>카탈로그</translation>
    </message>
    <message>
        <source>Every adapter version, where it comes from and what it reached.</source>
        <translation>모든 어댑터 버전과 그 출처, 도달한 결과를 봅니다.</translation>
    </message>
    <message>
        <source>Rebuilt from the folders: %1 runs, %2 adapters.</source>
        <translation>폴더에서 다시 만들었습니다: 실행 %1개, 어댑터 %2개.</translation>
    </message>
    <message>
        <source>&amp;Undo delete</source>
        <translation>삭제 취소(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Rebuild</source>
        <translation>다시 만들기(&amp;R)</translation>
    </message>
    <message>
        <source>Reads every run folder again. Nothing is lost: the folders are the truth.</source>
        <translation>모든 실행 폴더를 다시 읽습니다. 폴더가 원본이므로 잃는 것은 없습니다.</translation>
    </message>
    <message>
        <source>&amp;Import an adapter...</source>
        <translation>어댑터 가져오기(&amp;I)...</translation>
    </message>
    <message>
        <source>No adapters yet</source>
        <translation>아직 어댑터가 없습니다</translation>
    </message>
    <message>
        <source>Every finished run puts its adapter here. A PEFT adapter folder can be imported too.</source>
        <translation>실행이 완료되면 어댑터가 이곳에 표시됩니다. PEFT 어댑터 폴더를 가져올 수도 있습니다.</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>새 실행</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Search by name, base, tag or note</source>
        <translation>이름, 베이스, 태그, 메모로 검색</translation>
    </message>
    <message>
        <source>Lineage</source>
        <translation>계보</translation>
    </message>
    <message>
        <source>Ta&amp;lk to it</source>
        <translation>대화하기(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Export...</source>
        <translation>내보내기(&amp;E)...</translation>
    </message>
    <message>
        <source>&amp;Verify</source>
        <translation>검증(&amp;V)</translation>
    </message>
    <message>
        <source>Hashes the file again and compares it with the catalog.</source>
        <translation>파일의 해시를 다시 계산하여 카탈로그와 비교합니다.</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>삭제(&amp;D)</translation>
    </message>
    <message>
        <source>Tags, separated by commas</source>
        <translation>태그(쉼표로 구분)</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>태그</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>메모</translation>
    </message>
    <message>
        <source>Tags and notes, kept as you leave them</source>
        <translation>태그와 메모(입력한 대로 저장)</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>종류</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>랭크</translation>
    </message>
    <message>
        <source>%1, alpha %2</source>
        <translation>%1, 알파 %2</translation>
    </message>
    <message>
        <source>Matrices</source>
        <translation>행렬</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>스텝 수</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Base hash</source>
        <translation>베이스 해시</translation>
    </message>
    <message>
        <source>Data hash</source>
        <translation>데이터 해시</translation>
    </message>
    <message>
        <source>File hash</source>
        <translation>파일 해시</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>만든 시각</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>%1 (base)</source>
        <translation>%1 (베이스)</translation>
    </message>
    <message>
        <source>unknown base</source>
        <translation>알 수 없는 베이스</translation>
    </message>
    <message>
        <source>Import a PEFT adapter folder</source>
        <translation>PEFT 어댑터 폴더 가져오기</translation>
    </message>
    <message>
        <source>%1 is unchanged: its hash is the catalog&apos;s.</source>
        <translation>%1은(는) 변경되지 않았습니다. 해시가 카탈로그와 같습니다.</translation>
    </message>
    <message>
        <source>Delete the adapter?</source>
        <translation>어댑터를 삭제하시겠습니까?</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>삭제</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>%1 is in the trash.</source>
        <translation>%1이(가) 휴지통에 있습니다.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
    <message>
        <source>E&amp;mpty the trash...</source>
        <translation>휴지통 비우기(&amp;M)...</translation>
    </message>
    <message>
        <source>Brings back %1.</source>
        <translation>%1을(를) 되돌립니다.</translation>
    </message>
    <message>
        <source>%1 is the result of a run: the whole run with its checkpoints goes to the trash. This can be undone until you empty the trash.</source>
        <translation>%1은(는) 실행의 결과입니다. 체크포인트를 포함한 실행 전체를 휴지통으로 옮깁니다. 휴지통을 비우기 전까지 되돌릴 수 있습니다.</translation>
    </message>
    <message>
        <source>%1 goes to the trash. This can be undone until you empty the trash.</source>
        <translation>%1을(를) 휴지통으로 옮깁니다. 휴지통을 비우기 전까지 되돌릴 수 있습니다.</translation>
    </message>
    <message>
        <source>What was deleted goes for good and cannot be brought back: %1.</source>
        <translation>삭제한 항목이 완전히 사라지며 되돌릴 수 없습니다: %1.</translation>
    </message>
    <message>
        <source>Empty the trash?</source>
        <translation>휴지통을 비울까요?</translation>
    </message>
    <message>
        <source>Empty</source>
        <translation>비우기</translation>
    </message>
    <message>
        <source>%1, alpha %2; stored as rank %3 for PEFT</source>
        <translation>%1, 알파 %2 (PEFT용 파일에는 랭크 %3으로 저장됨)</translation>
    </message>
    <message>
        <source>%1 is imported.</source>
        <translation>%1을(를) 가져왔습니다.</translation>
    </message>
    <message>
        <source>Choose its &amp;base...</source>
        <translation>베이스 선택(&amp;B)...</translation>
    </message>
    <message>
        <source>Re&amp;name...</source>
        <translation>이름 바꾸기(&amp;N)...</translation>
    </message>
</context>
<context>
    <name>ui::ChartView</name>
    <message>
        <source>No points yet.</source>
        <translation>아직 점이 없습니다.</translation>
    </message>
</context>
<context>
    <name>ui::ChatPane</name>
    <message>
        <source>%1: who answers</source>
        <translation>%1: 답변하는 어댑터</translation>
    </message>
    <message>
        <source>%1: conversation</source>
        <translation>%1: 대화</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>You</source>
        <translation>나</translation>
    </message>
</context>
<context>
    <name>ui::ColumnMapEditor</name>
    <message>
        <source>Columns are recognised by name. Give a column its role here when the names are unusual; the preview follows.</source>
        <translation>열은 이름으로 인식합니다. 이름이 일반적이지 않으면 여기에서 열의 역할을 지정하십시오. 미리보기에 바로 반영됩니다.</translation>
    </message>
    <message>
        <source>No columns are known of this file.</source>
        <translation>이 파일의 열을 알 수 없습니다.</translation>
    </message>
    <message>
        <source>&amp;Reset mapping</source>
        <translation>매핑 초기화(&amp;R)</translation>
    </message>
    <message>
        <source>Recognise every column by its name again.</source>
        <translation>모든 열을 다시 이름으로 인식합니다.</translation>
    </message>
    <message>
        <source>by its name</source>
        <translation>이름에 따름</translation>
    </message>
    <message>
        <source>Role of column %1</source>
        <translation>열 %1의 역할</translation>
    </message>
</context>
<context>
    <name>ui::ComparePage</name>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Choose runs on the left: their curves, and only the settings that differ.</source>
        <translation>왼쪽에서 실행을 선택하면 곡선과 서로 다른 설정만 보여 줍니다.</translation>
    </message>
    <message>
        <source>Nothing to compare yet</source>
        <translation>아직 비교할 것이 없습니다</translation>
    </message>
    <message>
        <source>When two or more runs are there, they can be laid over one another here.</source>
        <translation>실행이 둘 이상이면 이곳에서 겹쳐 볼 수 있습니다.</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>새 실행</translation>
    </message>
    <message>
        <source>Runs to compare</source>
        <translation>비교할 실행</translation>
    </message>
    <message>
        <source>Search runs</source>
        <translation>실행 검색</translation>
    </message>
    <message>
        <source>Control or Shift with a click adds runs.</source>
        <translation>Ctrl 또는 Shift를 누른 채 클릭하면 실행이 추가됩니다.</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>겹쳐 보기</translation>
    </message>
    <message>
        <source>Choose one or more runs.</source>
        <translation>실행을 하나 이상 선택하십시오.</translation>
    </message>
    <message>
        <source>Settings that differ</source>
        <translation>서로 다른 설정</translation>
    </message>
    <message>
        <source>Final numbers</source>
        <translation>최종 수치</translation>
    </message>
    <message>
        <source>Curve</source>
        <translation>곡선</translation>
    </message>
    <message>
        <source>Over</source>
        <translation>가로축</translation>
    </message>
    <message>
        <source>over steps</source>
        <translation>스텝별</translation>
    </message>
    <message>
        <source>over tokens</source>
        <translation>토큰별</translation>
    </message>
    <message>
        <source>over time</source>
        <translation>시간별</translation>
    </message>
    <message>
        <source>&amp;Smoothing</source>
        <translation>평활화(&amp;S)</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>평활화</translation>
    </message>
    <message>
        <source>log &amp;x</source>
        <translation>로그 X(&amp;X)</translation>
    </message>
    <message>
        <source>log &amp;y</source>
        <translation>로그 Y(&amp;Y)</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>토큰</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>초</translation>
    </message>
    <message>
        <source>step</source>
        <translation>스텝</translation>
    </message>
    <message>
        <source>Settings that differ (choose two runs or more)</source>
        <translation>서로 다른 설정(실행을 둘 이상 선택)</translation>
    </message>
    <message>
        <source>No setting differs</source>
        <translation>서로 다른 설정이 없습니다</translation>
    </message>
</context>
<context>
    <name>ui::CurveLegend</name>
    <message>
        <source>Curves: %1</source>
        <translation>곡선: %1</translation>
    </message>
</context>
<context>
    <name>ui::DataGate</name>
    <message>
        <source>Data gate</source>
        <translation>데이터 점검</translation>
    </message>
    <message>
        <source>Rows and tokens</source>
        <translation>행과 토큰</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>문제</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>열</translation>
    </message>
    <message>
        <source>rows</source>
        <translation>행</translation>
    </message>
    <message>
        <source>usable</source>
        <translation>사용 가능</translation>
    </message>
    <message>
        <source>warned</source>
        <translation>경고</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>거부</translation>
    </message>
    <message>
        <source>blank</source>
        <translation>빈 행</translation>
    </message>
    <message>
        <source>duplicate</source>
        <translation>중복</translation>
    </message>
    <message>
        <source>too long</source>
        <translation>너무 김</translation>
    </message>
    <message>
        <source>fully masked</source>
        <translation>전부 마스킹</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>토큰</translation>
    </message>
    <message>
        <source>Nothing can be trained on this file as it is</source>
        <translation>이 파일은 지금 상태로는 학습에 사용할 수 없습니다</translation>
    </message>
    <message>
        <source>Rendered rows</source>
        <translation>템플릿을 적용한 행</translation>
    </message>
    <message>
        <source>Rendered template</source>
        <translation>템플릿 적용 결과</translation>
    </message>
    <message>
        <source>Problems by row</source>
        <translation>행별 문제</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>행</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>판정</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>발견한 내용</translation>
    </message>
    <message>
        <source>file</source>
        <translation>파일</translation>
    </message>
    <message>
        <source>✕ refused</source>
        <translation>✕ 거부</translation>
    </message>
    <message>
        <source>△ warned</source>
        <translation>△ 경고</translation>
    </message>
    <message>
        <source>Problems (%1)</source>
        <translation>문제(%1)</translation>
    </message>
    <message>
        <source>length %1</source>
        <translation>길이 %1</translation>
    </message>
    <message>
        <source>No row chosen.</source>
        <translation>선택한 행이 없습니다.</translation>
    </message>
    <message>
        <source>Row %1: %2 tokens, %3 of them trained (coloured and underlined)</source>
        <translation>행 %1: 토큰 %2개 중 %3개 학습(색과 밑줄로 표시)</translation>
    </message>
    <message>
        <source>Row %1. Choose a base model to see its tokens.</source>
        <translation>행 %1. 토큰을 보려면 베이스 모델을 선택하십시오.</translation>
    </message>
    <message>
        <source>Listed are the first %1 of %2 rows with a problem.</source>
        <translation>문제가 있는 %2행 중 처음 %1행만 나열합니다.</translation>
    </message>
    <message>
        <source>What each column is can be said on the Columns tab below.</source>
        <translation>각 열이 무엇인지는 아래의 열 탭에서 정할 수 있습니다.</translation>
    </message>
</context>
<context>
    <name>ui::DatasetsPage</name>
    <message>
        <source>Data sets</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>See what the model will see before you train.</source>
        <translation>학습하기 전에 모델이 보게 될 내용을 확인하십시오.</translation>
    </message>
    <message>
        <source>&amp;Train on this data</source>
        <translation>이 데이터로 학습(&amp;T)</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>제거</translation>
    </message>
    <message>
        <source>&amp;Import a file...</source>
        <translation>파일 가져오기(&amp;I)...</translation>
    </message>
    <message>
        <source>No data yet</source>
        <translation>아직 데이터가 없습니다</translation>
    </message>
    <message>
        <source>Import a JSONL, JSON, CSV, TSV or text file. Alpaca, prompt and completion, ShareGPT and OpenAI messages are recognised.</source>
        <translation>JSONL, JSON, CSV, TSV 또는 텍스트 파일을 가져오십시오. Alpaca, 프롬프트와 완성, ShareGPT, OpenAI 메시지 형식을 인식합니다.</translation>
    </message>
    <message>
        <source>Import a file...</source>
        <translation>파일 가져오기...</translation>
    </message>
    <message>
        <source>Search data sets</source>
        <translation>데이터 세트 검색</translation>
    </message>
    <message>
        <source>&amp;Shape</source>
        <translation>구조(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Chat format</source>
        <translation>채팅 형식(&amp;C)</translation>
    </message>
    <message>
        <source>To&amp;kens of</source>
        <translation>토큰 기준(&amp;K)</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>모델 없음</translation>
    </message>
    <message>
        <source>Import a data file</source>
        <translation>데이터 파일 가져오기</translation>
    </message>
    <message>
        <source>Data (*.jsonl *.json *.csv *.tsv *.txt);;All files (*)</source>
        <translation>데이터 (*.jsonl *.json *.csv *.tsv *.txt);;모든 파일 (*)</translation>
    </message>
    <message>
        <source>Remove the data set from the list?</source>
        <translation>데이터 세트를 목록에서 제거하시겠습니까?</translation>
    </message>
    <message>
        <source>%1 is forgotten. The original file stays; a copy in the workspace goes to the trash.</source>
        <translation>%1을(를) 목록에서 지웁니다. 원본 파일은 그대로 있고 워크스페이스의 복사본은 휴지통으로 이동합니다.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>checking...</source>
        <translation>점검 중...</translation>
    </message>
    <message>
        <source>None of its rows can be trained on.</source>
        <translation>학습에 사용할 수 있는 행이 없습니다.</translation>
    </message>
    <message>
        <source>%1 is not in the list any more.</source>
        <translation>%1은(는) 이제 목록에 없습니다.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
</context>
<context>
    <name>ui::ExportPage</name>
    <message>
        <source>Export</source>
        <translation>내보내기</translation>
    </message>
    <message>
        <source>Every export is loaded again and its logits are compared with base and adapter.</source>
        <translation>내보낸 결과를 다시 불러와 베이스와 어댑터의 로짓과 비교합니다.</translation>
    </message>
    <message>
        <source>What and where</source>
        <translation>대상과 위치</translation>
    </message>
    <message>
        <source>Merged model (Hugging Face folder)</source>
        <translation>병합한 모델(Hugging Face 폴더)</translation>
    </message>
    <message>
        <source>Adapter only (PEFT folder)</source>
        <translation>어댑터만(PEFT 폴더)</translation>
    </message>
    <message>
        <source>bfloat16</source>
        <translation>bfloat16</translation>
    </message>
    <message>
        <source>float32</source>
        <translation>float32</translation>
    </message>
    <message>
        <source>float16</source>
        <translation>float16</translation>
    </message>
    <message>
        <source>Export folder</source>
        <translation>내보낼 폴더</translation>
    </message>
    <message>
        <source>&amp;Adapter</source>
        <translation>어댑터(&amp;A)</translation>
    </message>
    <message>
        <source>Its base model is merged with it, or named in it.</source>
        <translation>베이스 모델을 함께 병합하거나 그 이름을 적어 둡니다.</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>형식(&amp;F)</translation>
    </message>
    <message>
        <source>A merged model loads anywhere; an adapter is small and needs its base.</source>
        <translation>병합한 모델은 어디서나 불러올 수 있고, 어댑터는 작지만 베이스가 필요합니다.</translation>
    </message>
    <message>
        <source>&amp;Weights</source>
        <translation>가중치(&amp;W)</translation>
    </message>
    <message>
        <source>float32 is exact; the 16-bit types are half the size.</source>
        <translation>float32는 정확하고, 16비트 형식은 크기가 절반입니다.</translation>
    </message>
    <message>
        <source>Fol&amp;der</source>
        <translation>폴더(&amp;D)</translation>
    </message>
    <message>
        <source>A new folder; nothing that is there is overwritten.</source>
        <translation>새 폴더여야 합니다. 기존 파일을 덮어쓰지 않습니다.</translation>
    </message>
    <message>
        <source>&amp;Export and check</source>
        <translation>내보내고 점검(&amp;E)</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>점검</translation>
    </message>
    <message>
        <source>The result of the check appears here: how far the export&apos;s logits are from base and adapter, and from the base alone.</source>
        <translation>점검 결과가 이곳에 표시됩니다. 내보낸 결과의 로짓이 베이스와 어댑터를 합친 것, 그리고 베이스만 쓴 것과 얼마나 다른지 보여 줍니다.</translation>
    </message>
    <message>
        <source>&amp;Show the folder</source>
        <translation>폴더 보기(&amp;S)</translation>
    </message>
    <message>
        <source>There is no adapter yet: a finished run makes one.</source>
        <translation>아직 어댑터가 없습니다. 실행이 완료되면 만들어집니다.</translation>
    </message>
    <message>
        <source>%1 exists and is not empty. Choose a new folder.</source>
        <translation>%1이(가) 이미 있고 비어 있지 않습니다. 새 폴더를 선택하십시오.</translation>
    </message>
    <message>
        <source>Writing, then loading it again to compare.</source>
        <translation>쓰고 나서 비교하기 위해 다시 불러옵니다.</translation>
    </message>
    <message>
        <source>Written to %1.</source>
        <translation>%1에 저장했습니다.</translation>
    </message>
    <message>
        <source>Cancelled; nothing was kept.</source>
        <translation>취소했습니다. 남은 파일은 없습니다.</translation>
    </message>
    <message>
        <source>not exported</source>
        <translation>내보내지 못함</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>취소됨</translation>
    </message>
    <message>
        <source>checked</source>
        <translation>점검 통과</translation>
    </message>
    <message>
        <source>check not passed</source>
        <translation>점검 실패</translation>
    </message>
    <message>
        <source>The export answers as base and adapter do, and not as the base alone.</source>
        <translation>내보낸 결과가 베이스만 쓸 때와 다르며, 베이스와 어댑터를 합친 것처럼 답합니다.</translation>
    </message>
    <message>
        <source>The export&apos;s logits are not those of base and adapter.</source>
        <translation>내보낸 결과의 로짓이 베이스와 어댑터를 합친 것과 다릅니다.</translation>
    </message>
    <message>
        <source>Largest logit difference</source>
        <translation>최대 로짓 차이</translation>
    </message>
    <message>
        <source>%1 from base + adapter</source>
        <translation>베이스 + 어댑터와 %1</translation>
    </message>
    <message>
        <source>Allowed</source>
        <translation>허용값</translation>
    </message>
    <message>
        <source>Against the base</source>
        <translation>베이스와의 차이</translation>
    </message>
    <message>
        <source>%1, must not be 0</source>
        <translation>%1 (0이면 안 됨)</translation>
    </message>
    <message>
        <source>Same likeliest token</source>
        <translation>최상위 토큰 일치</translation>
    </message>
    <message>
        <source>%1 % of %2 positions</source>
        <translation>위치 %2곳 중 %1 %</translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation>학습한 베이스</translation>
    </message>
    <message>
        <source>the base in %1; the export is for the base as it is</source>
        <translation>%1(으)로 양자화한 베이스; 내보낸 결과는 원래 베이스용</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>No file manager opens here. The export is in %1.</source>
        <translation>여기에서는 파일 관리자가 열리지 않습니다. 내보낸 것은 %1에 있습니다.</translation>
    </message>
    <message>
        <source>Write the whole path, for example %1.</source>
        <translation>전체 경로를 쓰십시오. 예: %1</translation>
    </message>
</context>
<context>
    <name>ui::FormField</name>
    <message>
        <source>Error: </source>
        <translation>오류: </translation>
    </message>
    <message>
        <source>Note: </source>
        <translation>참고: </translation>
    </message>
</context>
<context>
    <name>ui::HealthModel</name>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>The adapted matrix of the base.</source>
        <translation>어댑터를 적용한 베이스의 행렬입니다.</translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation>행렬</translation>
    </message>
    <message>
        <source>How large the adapter&apos;s change s BA is against the matrix W (Frobenius norms).</source>
        <translation>행렬 W에 대한 어댑터의 변화량 s BA의 크기입니다(프로베니우스 노름).</translation>
    </message>
    <message>
        <source>Norm of BA against W</source>
        <translation>W 대비 BA의 노름</translation>
    </message>
    <message>
        <source>How many directions the change really uses. Far below the rank: a smaller rank would do.</source>
        <translation>변화에 실제로 쓰인 방향의 수입니다. 랭크보다 훨씬 작으면 더 작은 랭크로도 충분합니다.</translation>
    </message>
    <message>
        <source>Effective rank</source>
        <translation>유효 랭크</translation>
    </message>
</context>
<context>
    <name>ui::HealthView</name>
    <message>
        <source>&amp;Refresh</source>
        <translation>새로 고침(&amp;R)</translation>
    </message>
    <message>
        <source>Health by matrix</source>
        <translation>행렬별 상태</translation>
    </message>
    <message>
        <source>Nothing to measure yet: the run has saved no adapter.</source>
        <translation>아직 측정할 것이 없습니다. 이 실행은 아직 어댑터를 저장하지 않았습니다.</translation>
    </message>
    <message>
        <source>Not measured yet. Refresh compares %1 with its base model.</source>
        <translation>아직 측정하지 않았습니다. 새로 고치면 %1을(를) 베이스 모델과 비교합니다.</translation>
    </message>
    <message>
        <source>%1: how far it moved each matrix, and in how many directions.</source>
        <translation>%1: 각 행렬이 얼마나, 몇 개의 방향으로 움직였는지 보여 줍니다.</translation>
    </message>
    <message>
        <source>Not measured. %1</source>
        <translation>측정하지 못했습니다. %1</translation>
    </message>
</context>
<context>
    <name>ui::Histogram</name>
    <message>
        <source>Histogram of lengths</source>
        <translation>길이 히스토그램</translation>
    </message>
    <message>
        <source>%1 to %2: %3</source>
        <translation>%1~%2: %3</translation>
    </message>
    <message>
        <source>No lengths yet.</source>
        <translation>아직 길이가 없습니다.</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>%1 to %2 %3: %4 rows</source>
        <translation>%1~%2 %3: %4행</translation>
    </message>
</context>
<context>
    <name>ui::HomePage</name>
    <message>
        <source>Home</source>
        <translation>홈</translation>
    </message>
    <message>
        <source>Fine-tune a language model on this computer.</source>
        <translation>이 컴퓨터에서 언어 모델을 미세 조정합니다.</translation>
    </message>
    <message>
        <source>Add a &amp;model</source>
        <translation>모델 추가(&amp;M)</translation>
    </message>
    <message>
        <source>Import &amp;data</source>
        <translation>데이터 가져오기(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;New run</source>
        <translation>새 실행(&amp;N)</translation>
    </message>
    <message>
        <source>Train your first adapter now</source>
        <translation>첫 어댑터를 지금 학습해 보십시오</translation>
    </message>
    <message>
        <source>A small model and a data set are on board. Nothing is downloaded, and nothing leaves this computer.</source>
        <translation>작은 모델과 데이터 세트가 들어 있습니다. 내려받는 것도, 이 컴퓨터 밖으로 나가는 것도 없습니다.</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>시작</translation>
    </message>
    <message>
        <source>The settings are filled in. Look them over, or just start.</source>
        <translation>설정이 채워져 있습니다. 살펴보거나 바로 시작하십시오.</translation>
    </message>
    <message>
        <source>Watch</source>
        <translation>관찰</translation>
    </message>
    <message>
        <source>The loss moves within seconds; the run takes a minute or two.</source>
        <translation>몇 초 안에 손실이 움직이며 실행은 1~2분쯤 걸립니다.</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>사용해 보기</translation>
    </message>
    <message>
        <source>Ask the model with and without the adapter, side by side, then export it.</source>
        <translation>어댑터가 있을 때와 없을 때를 나란히 놓고 질문한 다음 내보내십시오.</translation>
    </message>
    <message>
        <source>&amp;Start with the sample</source>
        <translation>샘플로 시작(&amp;S)</translation>
    </message>
    <message>
        <source>No runs yet</source>
        <translation>아직 실행이 없습니다</translation>
    </message>
    <message>
        <source>Add a base model folder, import a data file, then start a run. It is listed here with its loss.</source>
        <translation>베이스 모델 폴더를 추가하고 데이터 파일을 가져온 다음 실행을 시작하십시오. 실행이 손실과 함께 이곳에 표시됩니다.</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>모델 추가</translation>
    </message>
    <message>
        <source>Recent runs</source>
        <translation>최근 실행</translation>
    </message>
    <message>
        <source>Double click or Return opens a run.</source>
        <translation>두 번 클릭하거나 Enter를 누르면 실행이 열립니다.</translation>
    </message>
    <message>
        <source>This workspace</source>
        <translation>이 워크스페이스</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>계속</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>나중에</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Data sets</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Runs use</source>
        <translation>실행이 쓰는 공간</translation>
    </message>
    <message>
        <source>Disk free</source>
        <translation>디스크 여유 공간</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>De&amp;lete the run...</source>
        <translation>실행 삭제(&amp;L)...</translation>
    </message>
    <message>
        <source>%1 goes to the trash: its curves, its log, its checkpoints and its adapter, %2 in all. This can be undone until you empty the trash on the Catalog page.</source>
        <translation>%1을(를) 휴지통으로 옮깁니다: 곡선, 로그, 체크포인트, 어댑터, 모두 %2. 카탈로그 페이지에서 휴지통을 비우기 전까지 되돌릴 수 있습니다.</translation>
    </message>
    <message>
        <source>Delete the run?</source>
        <translation>실행을 삭제할까요?</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>삭제</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>%1 is in the trash.</source>
        <translation>%1이(가) 휴지통에 있습니다.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
    <message>
        <source>&amp;Rename...</source>
        <translation>이름 바꾸기(&amp;R)...</translation>
    </message>
    <message>
        <source>The run “%1” has made no step yet. Start it?</source>
        <translation>실행 “%1”은(는) 아직 한 스텝도 진행하지 않았습니다. 시작하시겠습니까?</translation>
    </message>
    <message>
        <source>The run “%1” was interrupted at step %2 of %3. Continue it?</source>
        <translation>실행 “%1”이(가) 스텝 %2/%3에서 중단되었습니다. 계속하시겠습니까?</translation>
    </message>
    <message>
        <source>The run “%1” was interrupted at step %2. Continue it?</source>
        <translation>실행 “%1”이(가) 스텝 %2에서 중단되었습니다. 계속하시겠습니까?</translation>
    </message>
</context>
<context>
    <name>ui::InitReportModel</name>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation>행렬</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>기울기 노름</translation>
    </message>
    <message>
        <source>Captured</source>
        <translation>포착 비율</translation>
    </message>
    <message>
        <source>Norm of s B A</source>
        <translation>s B A의 노름</translation>
    </message>
    <message>
        <source>Largest singular values</source>
        <translation>가장 큰 특잇값</translation>
    </message>
</context>
<context>
    <name>ui::JobBar</name>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>%1 남음</translation>
    </message>
</context>
<context>
    <name>ui::LineChart</name>
    <message>
        <source>Chart: %1</source>
        <translation>차트: %1</translation>
    </message>
    <message>
        <source>Show everything (double click, or Home)</source>
        <translation>전체 보기(두 번 클릭 또는 Home 키)</translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation>전체 보기</translation>
    </message>
    <message>
        <source>Show the numbers as a table</source>
        <translation>수치를 표로 보기</translation>
    </message>
    <message>
        <source>Show %1 as a table</source>
        <translation>%1: 표로 보기</translation>
    </message>
    <message>
        <source>The chart&apos;s numbers</source>
        <translation>차트의 수치</translation>
    </message>
</context>
<context>
    <name>ui::LogView</name>
    <message>
        <source>Log</source>
        <translation>로그</translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message>
        <source>Home</source>
        <translation>홈</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Data sets</source>
        <translation>데이터 세트</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>새 실행</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Catalog</source>
        <translation>카탈로그</translation>
    </message>
    <message>
        <source>Playground</source>
        <translation>플레이그라운드</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>내보내기</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>LowRank Studio</source>
        <translation>LowRank Studio</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>페이지</translation>
    </message>
    <message>
        <source>Workspace: %1</source>
        <translation>워크스페이스: %1</translation>
    </message>
    <message>
        <source>Show run</source>
        <translation>실행 보기</translation>
    </message>
    <message>
        <source>, step %1 of %2</source>
        <translation>, 스텝 %1/%2</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>A run is going on</source>
        <translation>실행이 진행 중입니다</translation>
    </message>
    <message>
        <source>Stop it and save, or let it go on without the window? Either way nothing is lost: it can be continued from where it is.</source>
        <translation>중지하고 저장하시겠습니까, 아니면 창 없이 계속하시겠습니까? 어느 쪽이든 잃는 것 없이 그 자리에서 이어서 실행할 수 있습니다.</translation>
    </message>
    <message>
        <source>Stop and save</source>
        <translation>중지하고 저장</translation>
    </message>
    <message>
        <source>Keep running without the window</source>
        <translation>창 없이 계속 실행</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Saving the run, then closing.</source>
        <translation>실행을 저장한 다음 닫습니다.</translation>
    </message>
    <message>
        <source>Handing the run over, then closing.</source>
        <translation>실행을 넘긴 다음 닫습니다.</translation>
    </message>
</context>
<context>
    <name>ui::MemoryBar</name>
    <message>
        <source>Memory estimate</source>
        <translation>메모리 추정</translation>
    </message>
    <message>
        <source>No estimate yet.</source>
        <translation>아직 추정값이 없습니다.</translation>
    </message>
    <message>
        <source>%1 needed</source>
        <translation>%1 필요</translation>
    </message>
    <message>
        <source>%1 of %2 available: fits</source>
        <translation>가용 %2 중 %1: 충분</translation>
    </message>
    <message>
        <source>%1 needed, %2 available: %3 too much</source>
        <translation>%1 필요, 가용 %2: %3 초과</translation>
    </message>
</context>
<context>
    <name>ui::ModelsPage</name>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>&amp;Add a folder...</source>
        <translation>폴더 추가(&amp;A)...</translation>
    </message>
    <message>
        <source>No models yet</source>
        <translation>아직 모델이 없습니다</translation>
    </message>
    <message>
        <source>Add a folder that holds config.json, tokenizer.json and model.safetensors. Folders below it are looked through too.</source>
        <translation>config.json, tokenizer.json, model.safetensors가 있는 폴더를 추가하십시오. 하위 폴더도 함께 찾습니다.</translation>
    </message>
    <message>
        <source>Add a folder...</source>
        <translation>폴더 추가...</translation>
    </message>
    <message>
        <source>Search models</source>
        <translation>모델 검색</translation>
    </message>
    <message>
        <source>&amp;Train on this model</source>
        <translation>이 모델로 학습(&amp;T)</translation>
    </message>
    <message>
        <source>Ta&amp;lk to it</source>
        <translation>대화하기(&amp;L)</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>목록에서 제거</translation>
    </message>
    <message>
        <source>The model&apos;s files stay where they are.</source>
        <translation>모델 파일은 그대로 남습니다.</translation>
    </message>
    <message>
        <source>Add a model folder</source>
        <translation>모델 폴더 추가</translation>
    </message>
    <message>
        <source>Models added: %1.</source>
        <translation>모델 %1개를 추가했습니다.</translation>
    </message>
    <message>
        <source>Remove the model from the list?</source>
        <translation>모델을 목록에서 제거하시겠습니까?</translation>
    </message>
    <message>
        <source>%1 is forgotten; its files stay in %2.</source>
        <translation>%1을(를) 목록에서 지웁니다. 파일은 %2에 그대로 남습니다.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>제거</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>계열</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>파라미터 수</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>레이어</translation>
    </message>
    <message>
        <source>%1 of width %2</source>
        <translation>%1개, 너비 %2</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>헤드</translation>
    </message>
    <message>
        <source>%1, %2 for keys</source>
        <translation>%1개, 키는 %2개</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>컨텍스트</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>토큰 %1개</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>가중치</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>토크나이저</translation>
    </message>
    <message>
        <source>Chat format</source>
        <translation>채팅 형식</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>라이선스</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>명시되지 않음</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Hash</source>
        <translation>해시</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>“%1” was added, but cannot be used: %2</source>
        <translation>“%1”을(를) 추가했지만 쓸 수 없습니다: %2</translation>
    </message>
    <message>
        <source>Models added: %1. Of these, %2 cannot be used: select one to read why.</source>
        <translation>모델 %1개를 추가했습니다. 그중 %2개는 쓸 수 없습니다. 선택하면 이유를 볼 수 있습니다.</translation>
    </message>
    <message>
        <source>“%1” cannot be used: %2</source>
        <translation>“%1”은(는) 쓸 수 없습니다: %2</translation>
    </message>
    <message>
        <source>Base models: Hugging Face folders of the llama, mistral, qwen2 or qwen3 family.</source>
        <translation>베이스 모델: llama, mistral, qwen2, qwen3 계열의 Hugging Face 폴더.</translation>
    </message>
    <message>
        <source>%1 is not in the list any more.</source>
        <translation>%1은(는) 이제 목록에 없습니다.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
</context>
<context>
    <name>ui::NewRunPage</name>
    <message>
        <source>New run</source>
        <translation>새 실행</translation>
    </message>
    <message>
        <source>Every setting has a sensible default: choose a model and data, then start.</source>
        <translation>모든 설정에 알맞은 기본값이 있습니다. 모델과 데이터를 선택하고 시작하십시오.</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Initialisation</source>
        <translation>초기화</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>옵티마이저</translation>
    </message>
    <message>
        <source>Length and batch</source>
        <translation>길이와 배치</translation>
    </message>
    <message>
        <source>Watch and keep</source>
        <translation>관찰과 보관</translation>
    </message>
    <message>
        <source>Device and precision</source>
        <translation>장치와 정밀도</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>데이터</translation>
    </message>
    <message>
        <source>Name and notes</source>
        <translation>이름과 메모</translation>
    </message>
    <message>
        <source>Model and data</source>
        <translation>모델과 데이터</translation>
    </message>
    <message>
        <source>&amp;Base model</source>
        <translation>베이스 모델(&amp;B)</translation>
    </message>
    <message>
        <source>The model that stays as it is; the adapter learns beside it.</source>
        <translation>그대로 유지되는 모델이며 어댑터가 그 옆에서 학습합니다.</translation>
    </message>
    <message>
        <source>&amp;Data set</source>
        <translation>데이터 세트(&amp;D)</translation>
    </message>
    <message>
        <source>What it learns from. Look at it on the Data sets page first.</source>
        <translation>학습에 사용할 데이터입니다. 먼저 데이터 세트 페이지에서 확인하십시오.</translation>
    </message>
    <message>
        <source>Matrices and layers</source>
        <translation>행렬과 레이어</translation>
    </message>
    <message>
        <source>Attention &amp;q, v</source>
        <translation>어텐션 q, v(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Attention</source>
        <translation>어텐션(&amp;A)</translation>
    </message>
    <message>
        <source>All &amp;linear</source>
        <translation>모든 선형층(&amp;L)</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>LoRA-GA</source>
        <translation>LoRA-GA</translation>
    </message>
    <message>
        <source>LoRA+</source>
        <translation>LoRA+</translation>
    </message>
    <message>
        <source>Sets the start, the ratio and the learning rate that suit %1.</source>
        <translation>%1에 맞는 초기화, 비율, 학습률로 설정합니다.</translation>
    </message>
    <message>
        <source>This run</source>
        <translation>이 실행</translation>
    </message>
    <message>
        <source>Make it &amp;fit</source>
        <translation>메모리에 맞추기(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Start training</source>
        <translation>학습 시작(&amp;S)</translation>
    </message>
    <message>
        <source>Reset to the defaults</source>
        <translation>기본값으로 되돌리기</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>The settings are those of “%1”. Change what you like.</source>
        <translation>“%1”의 설정입니다. 원하는 대로 바꾸십시오.</translation>
    </message>
    <message>
        <source>%1 matrices, %2 parameters, %3 MB</source>
        <translation>행렬 %1개, 파라미터 %2개, %3 MB</translation>
    </message>
    <message>
        <source>%1 trainable parameters</source>
        <translation>학습 파라미터 %1개</translation>
    </message>
    <message>
        <source>Rank of %1</source>
        <translation>%1의 랭크</translation>
    </message>
    <message>
        <source>Rank of %1, layer %2</source>
        <translation>%1, 레이어 %2의 랭크</translation>
    </message>
    <message>
        <source>1 to %1; 0: the run&apos;s rank, which is %2.</source>
        <translation>1~%1. 0이면 실행의 랭크(%2)를 사용합니다.</translation>
    </message>
    <message>
        <source>Use %1</source>
        <translation>%1 사용</translation>
    </message>
    <message>
        <source>There is no model yet: add one on the Models page.</source>
        <translation>아직 모델이 없습니다. 모델 페이지에서 추가하십시오.</translation>
    </message>
    <message>
        <source>There is no data yet: import some on the Data sets page.</source>
        <translation>아직 데이터가 없습니다. 데이터 세트 페이지에서 가져오십시오.</translation>
    </message>
    <message>
        <source>It cannot start, for it cannot be estimated: %1</source>
        <translation>추정할 수 없어 시작할 수 없습니다: %1</translation>
    </message>
    <message>
        <source>It does not fit: it needs %1 and there are %2. Make it fit lowers what costs least.</source>
        <translation>메모리에 들어가지 않습니다. %1이(가) 필요하지만 %2만 있습니다. 메모리에 맞추기를 누르면 영향이 가장 적은 것부터 줄입니다.</translation>
    </message>
    <message>
        <source>batch %1 × %2, %3 tokens long</source>
        <translation>배치 %1 × %2, 토큰 %3개 길이</translation>
    </message>
    <message>
        <source>It fits now: %1.</source>
        <translation>이제 들어갑니다: %1.</translation>
    </message>
    <message>
        <source>It does not fit at the smallest settings either. A smaller model or a computer with more memory is needed.</source>
        <translation>가장 작은 설정으로도 들어가지 않습니다. 더 작은 모델이나 메모리가 더 많은 컴퓨터가 필요합니다.</translation>
    </message>
    <message>
        <source>The chosen matrices are trained in every chosen layer, so a click on a cell adds or removes its layer, its matrix or both; the line above says which. Click a name to switch a row or a layer; drag to select a block. Keyboard: arrows and Space, with Control for the row, with Shift for the layer; R, or a right click, sets a rank of its own.</source>
        <translation>고른 행렬은 고른 모든 레이어에서 학습됩니다. 그래서 칸을 클릭하면 그 레이어나 행렬, 또는 둘 다 더해지거나 빠지며, 무엇이 바뀌는지는 위의 줄에 나옵니다. 이름을 클릭하면 행이나 레이어를 켜고 끄며, 끌면 블록을 선택합니다. 키보드: 화살표와 스페이스, Control과 함께 행, Shift와 함께 레이어. R이나 오른쪽 클릭으로 따로 랭크를 정합니다.</translation>
    </message>
</context>
<context>
    <name>ui::Page</name>
    <message>
        <source>Dismiss</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>Base model of %1</source>
        <translation>%1의 베이스 모델</translation>
    </message>
    <message>
        <source>It was trained on “%1”. Which model here is it?
One that is not in the list is added on the Models page.</source>
        <translation>“%1”에서 학습되었습니다. 여기의 어느 모델입니까?
목록에 없는 모델은 모델 페이지에서 추가합니다.</translation>
    </message>
    <message>
        <source>%1 names “%2” as its base, which is not known here.</source>
        <translation>%1의 베이스는 “%2”인데 여기에서는 알 수 없습니다.</translation>
    </message>
    <message>
        <source>Choose its base...</source>
        <translation>베이스 선택...</translation>
    </message>
    <message>
        <source>The base model of this adapter is not in the list: add its folder on the Models page.</source>
        <translation>이 어댑터의 베이스 모델이 목록에 없습니다. 모델 페이지에서 폴더를 추가하십시오.</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>이름 바꾸기</translation>
    </message>
    <message>
        <source>New name; the folder keeps its own:</source>
        <translation>새 이름(폴더 이름은 그대로 남습니다):</translation>
    </message>
    <message>
        <source>automatic: GPU or processor</source>
        <translation>자동: GPU 또는 프로세서</translation>
    </message>
</context>
<context>
    <name>ui::PathEdit</name>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>File</source>
        <translation>파일</translation>
    </message>
    <message>
        <source>Browse...</source>
        <translation>찾아보기...</translation>
    </message>
    <message>
        <source>Browse for %1</source>
        <translation>%1 찾아보기</translation>
    </message>
</context>
<context>
    <name>ui::PlaygroundPage</name>
    <message>
        <source>float32</source>
        <translation>float32</translation>
    </message>
    <message>
        <source>bfloat16</source>
        <translation>bfloat16</translation>
    </message>
    <message>
        <source>8 bits (int8)</source>
        <translation>8비트(int8)</translation>
    </message>
    <message>
        <source>4 bits (nf4)</source>
        <translation>4비트(nf4)</translation>
    </message>
    <message>
        <source>Playground</source>
        <translation>플레이그라운드</translation>
    </message>
    <message>
        <source>Ask the base and an adapter the same question, side by side.</source>
        <translation>베이스와 어댑터에 같은 질문을 나란히 해 보십시오.</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>Weights in memory</source>
        <translation>메모리의 가중치</translation>
    </message>
    <message>
        <source>How the base is held in memory: fewer bits need less of it and answer a little less exactly. An adapter is opened as it was trained.</source>
        <translation>베이스를 메모리에 두는 방식입니다. 비트가 적을수록 메모리를 덜 쓰고 답변의 정확도가 조금 낮아집니다. 어댑터는 학습한 그대로 엽니다.</translation>
    </message>
    <message>
        <source>&amp;Load</source>
        <translation>불러오기(&amp;L)</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>왼쪽</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>오른쪽</translation>
    </message>
    <message>
        <source>Ask something. Return sends, Shift and Return begin a new line.</source>
        <translation>질문을 입력하십시오. Enter로 보내고 Shift+Enter로 줄을 바꿉니다.</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>질문</translation>
    </message>
    <message>
        <source>&amp;Send</source>
        <translation>보내기(&amp;S)</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>중지(&amp;T)</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>샘플링</translation>
    </message>
    <message>
        <source>M&amp;ode</source>
        <translation>모드(&amp;O)</translation>
    </message>
    <message>
        <source>A chat keeps the turns so far; a completion goes on from the text as it is.</source>
        <translation>채팅은 이전 대화를 유지하고, 완성은 입력한 텍스트를 그대로 이어 씁니다.</translation>
    </message>
    <message>
        <source>chat</source>
        <translation>채팅</translation>
    </message>
    <message>
        <source>single question</source>
        <translation>단일 질문</translation>
    </message>
    <message>
        <source>completion</source>
        <translation>완성</translation>
    </message>
    <message>
        <source>Longest ans&amp;wer</source>
        <translation>최대 답변 길이(&amp;W)</translation>
    </message>
    <message>
        <source>Tokens, 1 to %1.</source>
        <translation>토큰 수, 1~%1입니다.</translation>
    </message>
    <message>
        <source>Te&amp;mperature</source>
        <translation>온도(&amp;M)</translation>
    </message>
    <message>
        <source>0 always takes the likeliest token.</source>
        <translation>0이면 항상 확률이 가장 높은 토큰을 고릅니다.</translation>
    </message>
    <message>
        <source>Top &amp;k</source>
        <translation>상위 k(&amp;K)</translation>
    </message>
    <message>
        <source>Only the k likeliest tokens; 0: all.</source>
        <translation>확률이 높은 k개의 토큰만 사용합니다. 0이면 모두 사용합니다.</translation>
    </message>
    <message>
        <source>Top &amp;p</source>
        <translation>상위 p(&amp;P)</translation>
    </message>
    <message>
        <source>Only the likeliest tokens that sum to p; 1: all.</source>
        <translation>누적 확률이 p가 될 때까지의 토큰만 사용합니다. 1이면 모두 사용합니다.</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>시드(&amp;E)</translation>
    </message>
    <message>
        <source>The same seed gives the same answer.</source>
        <translation>시드가 같으면 답변도 같습니다.</translation>
    </message>
    <message>
        <source> %1 %</source>
        <translation> %1 %</translation>
    </message>
    <message>
        <source>No answer. %1</source>
        <translation>답변이 없습니다. %1</translation>
    </message>
    <message>
        <source>Stopped before it was answered.</source>
        <translation>답변하기 전에 중지되었습니다.</translation>
    </message>
    <message>
        <source>base model</source>
        <translation>베이스 모델</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Add a base model on the Models page first.</source>
        <translation>먼저 모델 페이지에서 베이스 모델을 추가하십시오.</translation>
    </message>
    <message>
        <source>Loading the base model...</source>
        <translation>베이스 모델을 불러오는 중...</translation>
    </message>
    <message>
        <source>%1 is resident; both sides share it.</source>
        <translation>%1을(를) 불러왔습니다. 양쪽이 함께 사용합니다.</translation>
    </message>
    <message>
        <source>Answering...</source>
        <translation>답변 중...</translation>
    </message>
    <message>
        <source>The model could not be loaded.</source>
        <translation>모델을 불러오지 못했습니다.</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>중지되었습니다.</translation>
    </message>
    <message>
        <source>%1: %2 tokens in %3 s (%4)</source>
        <translation>%1: 토큰 %2개, %3초 (%4)</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>닫기</translation>
    </message>
</context>
<context>
    <name>ui::RunPage</name>
    <message>
        <source>step</source>
        <translation>스텝</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>No run to watch</source>
        <translation>볼 실행이 없습니다</translation>
    </message>
    <message>
        <source>Start one and its loss, speed and memory are drawn here while it trains.</source>
        <translation>실행을 시작하면 학습하는 동안 손실, 속도, 메모리가 이곳에 그려집니다.</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>새 실행</translation>
    </message>
    <message>
        <source>Run shown</source>
        <translation>표시한 실행</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>일시 정지(&amp;P)</translation>
    </message>
    <message>
        <source>Sa&amp;ve now</source>
        <translation>지금 저장(&amp;V)</translation>
    </message>
    <message>
        <source>Sa&amp;mple now</source>
        <translation>지금 샘플(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Stop and save</source>
        <translation>중지하고 저장(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Continue</source>
        <translation>계속(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;New run like this</source>
        <translation>같은 설정으로 새 실행(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Try it</source>
        <translation>사용해 보기(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>내보내기(&amp;E)</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>손실</translation>
    </message>
    <message>
        <source>tokens/s</source>
        <translation>토큰/초</translation>
    </message>
    <message>
        <source>time left</source>
        <translation>남은 시간</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>메모리</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>손실</translation>
    </message>
    <message>
        <source>The first point appears after the first step.</source>
        <translation>첫 스텝 뒤에 첫 점이 나타납니다.</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>학습률</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>기울기 노름</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>초당 토큰 수</translation>
    </message>
    <message>
        <source>Memory (MB)</source>
        <translation>메모리(MB)</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>샘플</translation>
    </message>
    <message>
        <source>Samples appear with each evaluation, or with “Sample now”.</source>
        <translation>평가할 때마다, 또는 “지금 샘플”을 누르면 샘플이 나타납니다.</translation>
    </message>
    <message>
        <source>LoRA-GA&apos;s report</source>
        <translation>LoRA-GA 보고</translation>
    </message>
    <message>
        <source>LoRA-GA</source>
        <translation>LoRA-GA</translation>
    </message>
    <message>
        <source>Health</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>로그</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>닫기</translation>
    </message>
    <message>
        <source>The worker did not stop in time and is asked more firmly.</source>
        <translation>워커가 제시간에 멈추지 않아 더 강하게 요청합니다.</translation>
    </message>
    <message>
        <source>The worker was ended. The run goes on from its last checkpoint.</source>
        <translation>워커를 종료했습니다. 실행은 마지막 체크포인트에서 이어집니다.</translation>
    </message>
    <message>
        <source>evaluation</source>
        <translation>평가</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>학습률</translation>
    </message>
    <message>
        <source>gradient norm</source>
        <translation>기울기 노름</translation>
    </message>
    <message>
        <source> %1 %</source>
        <translation> %1 %</translation>
    </message>
    <message>
        <source>trains in another process; this window watches</source>
        <translation>다른 프로세스에서 학습하며 이 창은 지켜봅니다</translation>
    </message>
    <message>
        <source>&amp;Take off the queue</source>
        <translation>대기열에서 빼기(&amp;T)</translation>
    </message>
    <message>
        <source>time taken</source>
        <translation>걸린 시간</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>스텝 %1</translation>
    </message>
    <message>
        <source>The run is finished. Talk to the adapter, or export it.</source>
        <translation>실행이 완료되었습니다. 어댑터와 대화하거나 내보내십시오.</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>사용해 보기</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>training loss</source>
        <translation>학습 손실</translation>
    </message>
    <message>
        <source>evaluation loss</source>
        <translation>평가 손실</translation>
    </message>
    <message>
        <source>training, every step</source>
        <translation>학습, 모든 스텝</translation>
    </message>
    <message>
        <source>training, smoothed</source>
        <translation>학습, 평활화</translation>
    </message>
    <message>
        <source>The last evaluation, and the best one of the run.</source>
        <translation>마지막 평가와 이 학습에서 가장 좋은 평가입니다.</translation>
    </message>
    <message>
        <source>mean of the last %1</source>
        <translation>최근 %1스텝의 평균</translation>
    </message>
    <message>
        <source>best %1, step %2</source>
        <translation>최저 %1, 스텝 %2</translation>
    </message>
</context>
<context>
    <name>ui::SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>Kept on this computer; they take effect at once unless they say otherwise.</source>
        <translation>이 컴퓨터에 저장되며 따로 적혀 있지 않으면 바로 적용됩니다.</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>모양</translation>
    </message>
    <message>
        <source>as the desktop</source>
        <translation>데스크톱 설정에 따름</translation>
    </message>
    <message>
        <source>light</source>
        <translation>밝게</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>어둡게</translation>
    </message>
    <message>
        <source>high contrast</source>
        <translation>고대비</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>테마(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>언어(&amp;L)</translation>
    </message>
    <message>
        <source>Used when the studio starts next.</source>
        <translation>스튜디오를 다음에 시작할 때 적용됩니다.</translation>
    </message>
    <message>
        <source>Work</source>
        <translation>작업</translation>
    </message>
    <message>
        <source>Workspace folder</source>
        <translation>워크스페이스 폴더</translation>
    </message>
    <message>
        <source>The new workspace is used when the studio starts next.</source>
        <translation>새 워크스페이스는 스튜디오를 다음에 시작할 때 사용됩니다.</translation>
    </message>
    <message>
        <source>every core</source>
        <translation>모든 코어</translation>
    </message>
    <message>
        <source>ask</source>
        <translation>묻기</translation>
    </message>
    <message>
        <source>stop and save</source>
        <translation>중지하고 저장</translation>
    </message>
    <message>
        <source>keep running without the window</source>
        <translation>창 없이 계속 실행</translation>
    </message>
    <message>
        <source>&amp;Workspace</source>
        <translation>워크스페이스(&amp;W)</translation>
    </message>
    <message>
        <source>Runs, adapters and the catalog live here.</source>
        <translation>실행, 어댑터, 카탈로그를 두는 곳입니다.</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>장치(&amp;D)</translation>
    </message>
    <message>
        <source>What new runs compute on.</source>
        <translation>새 실행을 계산할 장치입니다.</translation>
    </message>
    <message>
        <source>T&amp;hreads</source>
        <translation>스레드(&amp;H)</translation>
    </message>
    <message>
        <source>Of the processor, for new runs.</source>
        <translation>새 실행에 쓸 프로세서의 스레드 수입니다.</translation>
    </message>
    <message>
        <source>&amp;Closing the window during a run</source>
        <translation>실행 중에 창을 닫을 때(&amp;C)</translation>
    </message>
    <message>
        <source>A stopped run can always be continued.</source>
        <translation>중지한 실행은 언제든지 이어서 할 수 있습니다.</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>오프라인</translation>
    </message>
    <message>
        <source>LowRank Studio opens no network connection: it has no account, no telemetry and no update check, and it links no network library. Models and data are read from your disks and stay there.</source>
        <translation>LowRank Studio는 네트워크에 연결하지 않습니다. 계정, 원격 측정, 업데이트 확인이 없으며 네트워크 라이브러리를 링크하지 않습니다. 모델과 데이터는 사용자의 디스크에서 읽고 그대로 둡니다.</translation>
    </message>
    <message>
        <source>Version %1. GPL-3.0-or-later.</source>
        <translation>버전 %1. GPL-3.0-or-later.</translation>
    </message>
    <message>
        <source>%1, %2 of memory</source>
        <translation>%1, 메모리 %2</translation>
    </message>
    <message>
        <source>%1, %2 of memory, %3 free</source>
        <translation>%1, 메모리 %2, 여유 %3</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Text reaches the contrast of WCAG AA, in high contrast that of AAA.</source>
        <translation>글자는 WCAG AA 대비를, 고대비 테마에서는 AAA 대비를 만족합니다.</translation>
    </message>
    <message>
        <source>compute capability %1</source>
        <translation>연산 능력(compute capability) %1</translation>
    </message>
    <message>
        <source>driver %1</source>
        <translation>드라이버 %1</translation>
    </message>
    <message>
        <source>cuBLAS %1</source>
        <translation>cuBLAS %1</translation>
    </message>
    <message>
        <source>cuDNN %1</source>
        <translation>cuDNN %1</translation>
    </message>
    <message>
        <source>Not used: %1</source>
        <translation>사용하지 않음: %1</translation>
    </message>
</context>
<context>
    <name>ui::SpecForm</name>
    <message>
        <source>Default: %1.</source>
        <translation>기본값: %1.</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>자동</translation>
    </message>
    <message>
        <source>On</source>
        <translation>켬</translation>
    </message>
    <message>
        <source>Fewer settings</source>
        <translation>설정 줄이기</translation>
    </message>
    <message>
        <source>More settings...</source>
        <translation>설정 더 보기...</translation>
    </message>
    <message>
        <source>Range: %1.</source>
        <translation>범위: %1.</translation>
    </message>
    <message>
        <source>Range: %1. Default: %2.</source>
        <translation>범위: %1. 기본값: %2.</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
</context>
<context>
    <name>ui::TargetMap</name>
    <message>
        <source>Map of target matrices and layers</source>
        <translation>대상 행렬과 레이어 맵</translation>
    </message>
    <message>
        <source>%1, layer %2: trained, rank %3, %4 parameters</source>
        <translation>%1, 레이어 %2: 학습, 랭크 %3, 파라미터 %4개</translation>
    </message>
    <message>
        <source>%1, layer %2: frozen</source>
        <translation>%1, 레이어 %2: 고정</translation>
    </message>
    <message>
        <source>%1. A click or Space %2.</source>
        <translation>%1. 클릭 또는 스페이스: %2.</translation>
    </message>
    <message>
        <source>Choose a base model to see its layers.</source>
        <translation>레이어를 보려면 베이스 모델을 선택하십시오.</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>레이어</translation>
    </message>
    <message>
        <source>Rank of %1, layer %2...</source>
        <translation>%1, 레이어 %2의 랭크...</translation>
    </message>
    <message>
        <source>Rank of %1 in every layer...</source>
        <translation>모든 레이어에서 %1의 랭크...</translation>
    </message>
</context>
<context>
    <name>ui::TokenView</name>
    <message>
        <source>Tokens and loss mask</source>
        <translation>토큰과 손실 마스크</translation>
    </message>
    <message>
        <source>%1 of %2 tokens are trained, in brackets: %3</source>
        <translation>토큰 %2개 중 대괄호 안의 %1개를 학습합니다: %3</translation>
    </message>
    <message>
        <source>trained</source>
        <translation>학습</translation>
    </message>
    <message>
        <source>masked</source>
        <translation>마스킹</translation>
    </message>
    <message>
        <source>token %1, id %2, %3</source>
        <translation>토큰 %1, ID %2, %3</translation>
    </message>
</context>
</TS>
